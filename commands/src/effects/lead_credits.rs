//! Credits of leads: setting aside, counting and giving back what a delivery costs. Every step can
//! be taken again: ids of holds follow from the delivery, and where a hold stands is asked first.

use bitacora_domain::aggregates::credit_ledger::{
    self, CreditLedger, CreditLedgerCommand as C, CreditLedgerRefusal as No, HoldStanding, Purpose,
    PurposeKind,
};
use bitacora_domain::{CommandId, DeliveryId, DomainError, HoldId, LeadId};
use chrono::TimeDelta;

use super::Verdict;
use super::giving::{Giving, failed, retry};
use crate::reactors::lead_delivery::hold_of;
use crate::{CommandError, OutboundError, Receipt};

/// What a delivered lead costs (X-CONV-4).
pub(crate) const LEAD_CREDITS: u64 = 1;
/// Code of what waits until there are credits; whoever hears of credits wakes it.
pub(crate) const WAITING: &str = "WAITING_FOR_CREDITS";

/// How long credits are set aside for a delivery: longer than all of its attempts take.
const HELD_FOR: TimeDelta = TimeDelta::days(7);
/// Holds that one delivery may have had before somebody has to look.
const HOLDS_MAX: u32 = 32;
/// The first and the longest wait for what another event should bring.
const FIRST_WAIT_S: i64 = 2;
const LAST_WAIT_S: i64 = 5 * 60;

impl Giving<'_> {
    /// The id of a step's command.
    pub(super) fn command(&self, step: &str) -> CommandId {
        CommandId::new(self.effect.id).step(step)
    }

    /// The holds that a delivery ever had, as far as the ledger remembers them.
    pub(super) async fn holds(
        &self,
        delivery: DeliveryId,
        late: bool,
    ) -> Result<Vec<(HoldId, HoldStanding)>, Verdict> {
        let now = self.bus.clock().now();
        let Some(ledger) = self.ledger().await? else { return Ok(Vec::new()) };
        let all = (0..HOLDS_MAX).map(|n| hold_of(delivery, n, late));
        let standing = all.map(|hold| (hold, ledger.hold_standing(hold, now)));
        Ok(standing.take_while(|(_, standing)| *standing != HoldStanding::Unknown).collect())
    }

    /// A hold for the delivery that is open, or was captured before; else a new one.
    pub(super) async fn hold(
        &self,
        lead: LeadId,
        delivery: DeliveryId,
        late: bool,
    ) -> Result<HoldId, Verdict> {
        let had = self.holds(delivery, late).await?;
        let usable = |standing| matches!(standing, HoldStanding::Pending | HoldStanding::Captured);
        if let Some((hold, _)) = had.iter().find(|(_, standing)| usable(*standing)) {
            return Ok(*hold);
        }
        let n = u32::try_from(had.len()).unwrap_or(HOLDS_MAX);
        if n >= HOLDS_MAX {
            let detail = "a delivery had too many holds: look at its story";
            return Err(failed("TOO_MANY_HOLDS_OF_DELIVERY", detail));
        }
        let hold = hold_of(delivery, n, late);
        self.reserve(lead, hold).await.map(|()| hold)
    }

    /// Gives back what is set aside for a delivery.
    pub(super) async fn release_all(
        &self,
        delivery: DeliveryId,
        late: bool,
        why: &str,
    ) -> Result<(), Verdict> {
        for (hold, standing) in self.holds(delivery, late).await? {
            if standing == HoldStanding::Pending {
                self.release(hold, why).await?;
            }
        }
        Ok(())
    }

    async fn reserve(&self, lead: LeadId, hold: HoldId) -> Result<(), Verdict> {
        let purpose = Purpose { kind: PurposeKind::Lead, id: lead.as_uuid() };
        let expires_at = self.bus.clock().now() + HELD_FOR;
        let body = C::ReserveCredits { hold, credits: LEAD_CREDITS, purpose, expires_at };
        // The time is new with each attempt, so the command is, too; the hold is the same.
        let step = format!("reserve:{hold}:{}", self.effect.attempt);
        let ledger = credit_ledger::id_of(self.effect.tenant);
        match self.give::<CreditLedger>(&step, ledger, body).await {
            Ok(_) => Ok(()),
            Err(CommandError::Refused(
                No::Insufficient | No::InDebt | No::Frozen | No::NotFound | No::TooManyHolds,
            )) => Err(self.wait(WAITING)),
            // Somebody took it meanwhile, in another attempt at the same thing.
            Err(
                error @ (CommandError::Refused(No::HoldIdTaken) | CommandError::Reserved { .. }),
            ) => Err(again(&error)),
            Err(error) => Err(passing_or_failed(&error)),
        }
    }

    /// Makes a hold count.
    pub(super) async fn capture(&self, hold: HoldId) -> Result<(), Verdict> {
        match self.give_capture(hold).await {
            Ok(_) => Ok(()),
            // Its time was up between the look and the command: the next look sees it.
            Err(error @ CommandError::Refused(No::HoldExpired | No::HoldReleased)) => {
                Err(again(&error))
            }
            Err(error) => Err(passing_or_failed(&error)),
        }
    }

    /// Did this effect capture a hold that the ledger has forgotten since? The log has not: to the
    /// same command it gives the same answer, however long ago that was.
    pub(super) async fn captured_before(&self, hold: HoldId) -> Result<bool, Verdict> {
        match self.give_capture(hold).await {
            Ok(_) => Ok(true),
            Err(CommandError::Refused(No::NotFound | No::HoldNotFound)) => Ok(false),
            Err(error) => Err(passing_or_failed(&error)),
        }
    }

    async fn give_capture(&self, hold: HoldId) -> Result<Receipt, CommandError<No>> {
        let ledger = credit_ledger::id_of(self.effect.tenant);
        let body = C::CaptureHold { hold, credits: LEAD_CREDITS };
        self.give::<CreditLedger>(&format!("capture:{hold}"), ledger, body).await
    }

    /// Gives a hold back; one that is over, or never was, is no matter.
    pub(super) async fn release(&self, hold: HoldId, why: &str) -> Result<(), Verdict> {
        let ledger = credit_ledger::id_of(self.effect.tenant);
        let body = C::ReleaseHold { hold, reason: Some(why.to_owned()) };
        match self.give::<CreditLedger>(&format!("release:{hold}"), ledger, body).await {
            Ok(_) | Err(CommandError::Refused(No::NotFound | No::HoldNotFound)) => Ok(()),
            Err(error) => Err(passing_or_failed(&error)),
        }
    }

    /// Where a hold stands now.
    pub(super) async fn standing(&self, hold: HoldId) -> Result<HoldStanding, Verdict> {
        let now = self.bus.clock().now();
        let ledger = self.ledger().await?;
        Ok(ledger.map_or(HoldStanding::Unknown, |ledger| ledger.hold_standing(hold, now)))
    }

    async fn ledger(&self) -> Result<Option<CreditLedger>, Verdict> {
        self.load::<CreditLedger>(credit_ledger::id_of(self.effect.tenant)).await
    }

    /// Puts it off, later and later: whoever brings what it waits for wakes it before.
    pub(super) fn wait(&self, code: &str) -> Verdict {
        let doublings = u32::try_from(self.effect.attempt.clamp(1, 16) - 1).unwrap_or(0);
        let seconds = FIRST_WAIT_S.saturating_mul(1 << doublings).min(LAST_WAIT_S);
        let until = self.bus.clock().now() + TimeDelta::seconds(seconds);
        Verdict::Defer { code: code.to_owned(), until }
    }
}

fn again<E: DomainError>(error: &CommandError<E>) -> Verdict {
    retry(error.code(), error)
}

/// What may pass is tried again; a refusal that nobody expected is for somebody to look at.
pub(super) fn passing_or_failed<E: DomainError>(error: &CommandError<E>) -> Verdict {
    match error {
        CommandError::Contention | CommandError::Log(_) | CommandError::LimitReached { .. } => {
            again(error)
        }
        CommandError::Refused(_)
        | CommandError::VersionConflict { .. }
        | CommandError::Reserved { .. }
        | CommandError::IdempotencyMismatch
        | CommandError::ForeignStream
        | CommandError::Unreadable(_) => failed(error.code(), error),
    }
}

/// What a suspended tenant was to send waits for an operator: the suspension may last.
pub(super) fn held_back(error: &OutboundError) -> Verdict {
    if error.is_refusal() { failed(error.code(), error) } else { retry(error.code(), error) }
}
