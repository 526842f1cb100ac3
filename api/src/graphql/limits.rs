//! Bounds of the GraphQL surface. `docs/GRAPHQL.md` tells them to callers.

use std::time::Duration;

/// Everything that grows with what a caller sends has a bound here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphqlLimits {
    /// Tokens of a document; more are not parsed.
    pub tokens: usize,
    /// Depth of nested selections, fragments followed. Standard introspection needs 15.
    pub depth: usize,
    /// Selections of an operation, every spread counted as often as it is used.
    pub nodes: usize,
    /// Aliases of an operation.
    pub aliases: usize,
    /// Directives of an operation.
    pub directives: usize,
    /// Rows that an operation may ask for: pages multiplied along their nesting.
    pub cost: usize,
    /// Rows of a page.
    pub page_size_max: i32,
    /// Rows of a page when the caller does not say.
    pub page_size_default: i32,
    /// Ids in one `nodes` query.
    pub nodes_ids: usize,
    /// Conditions in one `filter`.
    pub filter_conditions: usize,
    /// Longest run of a query or mutation.
    pub query_timeout: Duration,
    /// Longest wait for `atLeast`, and of a mutation for its own position.
    pub at_least_timeout: Duration,
    /// Events that one `history` may replay.
    pub history_events: usize,
    /// Operations at once on one socket.
    pub operations_per_socket: usize,
    /// Messages that wait for a slow client, per operation.
    pub operation_queue: usize,
    /// Longest that a message waits for a slow client.
    pub write_timeout: Duration,
    /// Time for `connection_init`.
    pub socket_init_timeout: Duration,
    /// Time between pings of the server; a socket silent for two of them is dropped.
    pub socket_ping_interval: Duration,
    /// Time between looks at whether the caller of a socket may still be there. What an operation
    /// may is asked when it begins, so this bounds how long subscriptions outlive a suspension.
    pub socket_recheck: Duration,
}

impl Default for GraphqlLimits {
    fn default() -> Self {
        Self {
            tokens: 10_000,
            depth: 16,
            nodes: 2_000,
            aliases: 50,
            directives: 100,
            cost: 50_000,
            page_size_max: 100,
            page_size_default: 20,
            nodes_ids: 100,
            filter_conditions: 100,
            query_timeout: Duration::from_secs(15),
            at_least_timeout: Duration::from_secs(3),
            history_events: 20_000,
            operations_per_socket: 50,
            operation_queue: 32,
            write_timeout: Duration::from_secs(10),
            socket_init_timeout: Duration::from_secs(5),
            socket_ping_interval: Duration::from_secs(15),
            socket_recheck: Duration::from_secs(10),
        }
    }
}
