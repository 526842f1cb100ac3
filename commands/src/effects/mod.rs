//! Effects: what is done outside, or later, because of an event (architecture §7). The appender
//! stores them with their event; [`EffectWorker`] claims them by lease, runs the handler of their
//! kind and records what came of it. One kind is one file here and one line in the registry.
//!
//! The order of things is what makes an effect happen at most once by the machine: the attempt is
//! committed, then the handler runs, then its verdict is committed. What ended in between is
//! asked ([`EffectHandler::abandoned`]) and becomes *unknown* unless it certainly never began.

mod attend;
mod backoff;
mod breaker;
mod crew;
mod handler;
mod outcome;
mod worker;

use std::sync::Arc;

use crate::CommandBus;
use crate::ports::Messenger;

pub use self::backoff::Backoff;
pub use self::breaker::{BreakerOptions, Breakers};
pub use self::handler::{Claimed, EffectHandler, Untold, Verdict};
pub use self::worker::{EffectOptions, EffectWorker};

/// What handlers are made of.
#[derive(Clone)]
pub struct EffectParts {
    /// Where commands go.
    pub bus: CommandBus,
    /// Where messages leave.
    pub messenger: Arc<dyn Messenger>,
}

/// Declares the modules of the kinds and builds the registry over them. Each has a function
/// `handler(&EffectParts) -> Arc<dyn EffectHandler>`.
macro_rules! effects {
    ($($module:ident),+ $(,)?) => {
        $(pub mod $module;)+

        /// The handlers of all kinds.
        pub fn all(parts: &EffectParts) -> Vec<Arc<dyn EffectHandler>> {
            vec![$($module::handler(parts)),+]
        }
    };
}

effects! {
    command,
    send_message,
}
