//! What all webhooks of an app at Meta have in common: the signature and the handshake.

mod handshake;
mod signature;

pub(super) use handshake::answer;
pub(super) use signature::verify;
