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
    /// Who may register and log in, and how often.
    pub auth: AuthRules,
    /// How long a provider that keeps failing for a tenant is left alone.
    pub breaker_open: Duration,
    /// How long the process waits for requests in flight when it stops.
    pub shutdown_grace: Duration,
}

/// Who can register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joinable {
    /// Everybody, with a business of their own.
    Open,
    /// Only who was invited.
    Invitation,
}

/// Bounds of `/auth`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthRules {
    /// Who can register.
    pub registration: Joinable,
    /// Tries with a password per minute, by address and by account.
    pub logins_per_minute: u32,
    /// Tries with a refresh token per minute, by address.
    pub refreshes_per_minute: u32,
    /// Proxies of ours before this process, each of which adds to `X-Forwarded-For`.
    pub trusted_proxies: u8,
}

impl Default for AuthRules {
    fn default() -> Self {
        Self {
            registration: Joinable::Invitation,
            logins_per_minute: 5,
            refreshes_per_minute: 60,
            trusted_proxies: 0,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            request_timeout: Duration::from_secs(30),
            graphql_body_bytes: 256 * 1024,
            graphql: GraphqlLimits::default(),
            auth: AuthRules::default(),
            breaker_open: Duration::from_mins(1),
            shutdown_grace: Duration::from_secs(10),
        }
    }
}
