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
mod giving;
mod handler;
pub(crate) mod lead_credits;
mod outcome;
mod recording;
mod worker;

use std::sync::Arc;

use crate::CommandBus;
use crate::calls::CallParts;
use crate::ports::{
    Blobs, Checkout, LeadPorts, Messenger, NoBlobs, NoCheckout, NoMessenger, NoRecordings,
    Recordings,
};

pub use self::backoff::Backoff;
pub use self::breaker::{BreakerOptions, Breakers};
pub use self::handler::{Claimed, EffectHandler, Untold, Verdict};
pub use self::recording::{RECORDING_MAX, recording_kept_until, recording_owner};
pub use self::worker::{EffectOptions, EffectWorker};

/// What handlers are made of.
#[derive(Clone)]
pub struct EffectParts {
    /// Where commands go.
    pub bus: CommandBus,
    /// Where messages leave.
    pub messenger: Arc<dyn Messenger>,
    /// Where credits are paid for.
    pub checkout: Arc<dyn Checkout>,
    /// Forms, systems that take leads, and the number that writes to them.
    pub leads: LeadPorts,
    /// Where bytes are kept.
    pub blobs: Arc<dyn Blobs>,
    /// Where providers keep recordings of calls.
    pub recordings: Arc<dyn Recordings>,
    /// Where calls leave, and how many may.
    pub calls: CallParts,
}

impl EffectParts {
    /// Parts with no provider connected: nothing leaves the house.
    pub fn over(bus: CommandBus) -> Self {
        Self {
            bus,
            messenger: Arc::new(NoMessenger),
            checkout: Arc::new(NoCheckout),
            leads: LeadPorts::none(),
            blobs: Arc::new(NoBlobs),
            recordings: Arc::new(NoRecordings),
            calls: CallParts::none(),
        }
    }
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
    call_follow_up,
    check_call,
    command,
    contact_lead,
    delete_recording,
    deliver_lead,
    fetch_form,
    fetch_recording,
    hang_up_call,
    lead_hand_over,
    lead_settle,
    open_checkout,
    place_call,
    send_message,
    ticket_open,
    transfer_call,
}
