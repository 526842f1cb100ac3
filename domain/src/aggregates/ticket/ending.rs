//! Decisions on how it ends, and begins again.

use chrono::TimeDelta;

use super::events::TicketEvent as E;
use super::refusal::TicketRefusal as No;
use super::run::{Run, Step};
use super::vocabulary::{ClosedBy, HoldEnd};
use super::words;
use crate::Personal;

/// How long a ticket can be reopened unless somebody says otherwise: 7 days, in seconds.
pub const DEFAULT_REOPEN_WINDOW_S: i64 = 7 * 24 * 3_600;
/// How long it can be reopened at most: 90 days, in seconds.
pub const REOPEN_WINDOW_MAX_S: i64 = 90 * 24 * 3_600;
/// Longest resolution, in characters.
const RESOLUTION_MAX: usize = 2_000;
/// Longest cause, in characters.
const ROOT_CAUSE_MAX: usize = 200;

impl Run<'_> {
    pub(super) fn resolve(
        &mut self,
        resolution: Option<&Personal<String>>,
        root_cause: Option<&str>,
        reopen_window_s: i64,
    ) -> Step {
        let resolution = words::maybe_personal(resolution, RESOLUTION_MAX, No::InvalidResolution)?;
        let root_cause = words::maybe(root_cause, ROOT_CAUSE_MAX, No::InvalidRootCause)?;
        if !(0..=REOPEN_WINDOW_MAX_S).contains(&reopen_window_s) {
            return Err(No::InvalidReopenWindow);
        }
        let at = self.of.now;
        self.breach_what_is_due(at);
        self.end_hold(HoldEnd::Manual);
        self.emit(E::TicketResolved {
            from: self.state.status,
            number: self.state.resolutions + 1,
            resolution,
            root_cause,
            reopen_until: at + TimeDelta::seconds(reopen_window_s),
            by: self.of.actor.clone(),
            at,
        });
        self.keep_resolution();
        Ok(())
    }

    pub(super) fn reopen(&mut self, reason: Option<&str>) -> Step {
        let reason = reason.map(words::reason).transpose()?;
        self.emit(E::TicketReopened { by_contact: false, reason, at: self.of.now });
        Ok(())
    }

    pub(super) fn close(&mut self, by: ClosedBy) {
        self.emit(E::TicketClosed { by, at: self.of.now });
    }
}
