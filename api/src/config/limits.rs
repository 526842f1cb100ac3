//! Bounds on what a stranger can send.

use std::time::Duration;

use crate::graphql::GraphqlLimits;

/// Bounds of the HTTP and GraphQL surface. Everything that grows with a request has one; the size
/// of a webhook delivery is its source's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at once; further ones wait to be accepted.
    pub connections: usize,
    /// Time to send a request's head, and to answer a request (sockets excepted).
    pub request_timeout: Duration,
    /// Bytes of a GraphQL request.
    pub graphql_body_bytes: usize,
    /// Bounds inside a GraphQL request and on sockets.
    pub graphql: GraphqlLimits,
    /// How long the process waits for requests in flight when it stops.
    pub shutdown_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            request_timeout: Duration::from_secs(30),
            graphql_body_bytes: 256 * 1024,
            graphql: GraphqlLimits::default(),
            shutdown_grace: Duration::from_secs(10),
        }
    }
}
