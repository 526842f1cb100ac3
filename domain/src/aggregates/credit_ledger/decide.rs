//! Which decision answers which command.

use super::commands::CreditLedgerCommand as C;
use super::draft::Draft;
use super::events::CreditLedgerEvent as E;
use super::grants::Terms;
use super::matrix::{self, FundsStanding, GrantStanding, HoldStanding, LedgerStanding, Standing};
use super::refusal::CreditLedgerRefusal as No;
use super::state::CreditLedger;
use super::vocabulary::CREDITS_MAX;
use crate::Directed;
use crate::text::trimmed;

/// Longest reason, in characters.
const REASON_MAX: usize = 500;
/// The thresholds of a new ledger (X-CONV-4).
const LOW: u64 = 10;
/// The balance that counts as recovered.
const REARM: u64 = 20;

/// A step of a decision.
pub(super) type Decided = Result<(), No>;

impl CreditLedger {
    /// What was done already first, then the table, then the decision itself.
    pub(super) fn answer(&self, of: &Directed<()>, body: &C) -> Result<Vec<E>, No> {
        if self.owner.is_none() {
            return Self::begin(of, body);
        }
        let at = self.time(of.now);
        let mut known = self.clone();
        known.fold(at);
        if known.is_settled(body)? {
            return Ok(vec![]);
        }
        // Holds and grants stand as recorded, or as due; the funds are those after what is due.
        let (hold, grant, wanted) = subject(body);
        let hold = hold.map_or(HoldStanding::Unknown, |id| known.hold_standing(id, at));
        let grant = grant.map_or(GrantStanding::Unknown, |id| known.grant_standing(id, at));
        let ledger = if self.frozen { LedgerStanding::Frozen } else { LedgerStanding::Open };
        let mut draft = Draft::of(known, at);
        let funds = draft.funds(wanted);
        match matrix::judge(body.into(), Standing { ledger, hold, grant, funds }) {
            matrix::Verdict::Nothing => return Ok(vec![]),
            matrix::Verdict::Refuse(refusal) => return Err(refusal),
            matrix::Verdict::Go => {}
        }
        let due = draft.events.len();
        draft.go(body)?;
        // A command that changes nothing leaves what is due to the timers.
        let timer =
            matches!(body, C::ExpireHold { .. } | C::ActivateGrant { .. } | C::ExpireGrant { .. });
        Ok(if timer || draft.events.len() > due { draft.finish() } else { vec![] })
    }

    fn begin(of: &Directed<()>, body: &C) -> Result<Vec<E>, No> {
        if *body != C::OpenLedger {
            return Err(No::NotFound);
        }
        let (tenant, ledger) = (of.tenant, super::id_of(of.tenant));
        if of.aggregate_id != ledger.to_string() {
            return Err(No::InvalidId);
        }
        Ok(vec![E::LedgerOpened { ledger, tenant, low: LOW, rearm: REARM, at: of.now }])
    }
}

/// The hold and the grant that a command is about, and how many credits it wants.
fn subject(body: &C) -> (Option<crate::HoldId>, Option<crate::GrantId>, u64) {
    match body {
        C::ReserveCredits { hold, credits, .. } => (Some(*hold), None, *credits),
        C::CaptureHold { hold, .. }
        | C::ReleaseHold { hold, .. }
        | C::RefundConsumption { hold, .. }
        | C::ExpireHold { hold } => (Some(*hold), None, 0),
        C::GrantCredits { grant, .. }
        | C::RevokeGrant { grant, .. }
        | C::ReinstateGrant { grant, .. }
        | C::ActivateGrant { grant }
        | C::ExpireGrant { grant } => (None, Some(*grant), 0),
        C::AdjustCredits { credits, .. } => {
            (None, None, if *credits < 0 { credits.unsigned_abs() } else { 0 })
        }
        C::OpenLedger
        | C::SettleDebt { .. }
        | C::SetLowBalanceThreshold { .. }
        | C::FreezeLedger { .. }
        | C::UnfreezeLedger { .. }
        | C::ConfigureAutoTopUp { .. }
        | C::RecordTopUpFailure { .. } => (None, None, 0),
    }
}

impl Draft {
    /// What there is, against what is wanted.
    fn funds(&self, wanted: u64) -> FundsStanding {
        let balance = self.ledger.balance();
        if balance.debt > 0 {
            FundsStanding::InDebt
        } else if balance.available < wanted {
            FundsStanding::Short
        } else {
            FundsStanding::Enough
        }
    }

    /// A command that the table lets through.
    fn go(&mut self, body: &C) -> Decided {
        match *body {
            C::GrantCredits {
                grant,
                kind,
                credits,
                priority,
                effective_at,
                expires_at,
                source,
            } => {
                let terms = Terms { kind, credits, priority, effective_at, expires_at, source };
                self.grant(grant, terms)
            }
            C::ReserveCredits { hold, credits, purpose, expires_at } => {
                self.reserve(hold, credits, purpose, expires_at)
            }
            C::CaptureHold { hold, credits } => self.capture(hold, credits),
            C::ReleaseHold { hold, ref reason } => self.release(hold, reason.as_deref()),
            C::RefundConsumption { hold, credits, ref reason } => {
                self.refund(hold, credits, reason)
            }
            C::AdjustCredits { adjustment, credits, ref reason, approver } => {
                self.adjust(adjustment, credits, reason, approver)
            }
            C::RevokeGrant { grant, revocation, reason, credits } => {
                self.revoke(grant, revocation, reason, credits)
            }
            C::ReinstateGrant { grant, reinstatement, reason, credits } => {
                self.reinstate(grant, reinstatement, reason, credits)
            }
            C::SettleDebt { credits, ref reason, approver } => {
                self.settle(credits, reason, approver)
            }
            C::SetLowBalanceThreshold { low, rearm } => self.set_threshold(low, rearm),
            C::FreezeLedger { ref reason } => self.freeze(reason),
            C::UnfreezeLedger { ref reason } => self.unfreeze(reason),
            C::ConfigureAutoTopUp { ref top_up } => self.configure_top_up(top_up.clone()),
            C::RecordTopUpFailure { order, ref reason } => self.top_up_failed(order, reason),
            // What was due is done already.
            C::OpenLedger
            | C::ExpireHold { .. }
            | C::ActivateGrant { .. }
            | C::ExpireGrant { .. } => Ok(()),
        }
    }
}

/// Credits that a command may carry.
pub(super) fn counted(credits: u64) -> Result<u64, No> {
    if (1..=CREDITS_MAX).contains(&credits) { Ok(credits) } else { Err(No::InvalidCredits) }
}

/// A reason that must be given.
pub(super) fn reason(text: &str) -> Result<String, No> {
    trimmed(text, REASON_MAX).ok_or(No::InvalidReason)
}

/// A reason that may be given.
pub(super) fn optional_reason(text: Option<&str>) -> Result<Option<String>, No> {
    text.map(reason).transpose()
}
