//! A payment is taken back, and with it what it bought; and given again when that was wrong.

use uuid::Uuid;

use super::decide::{Decided, counted};
use super::draft::Draft;
use super::events::CreditLedgerEvent as E;
use super::grant::Grant;
use super::refusal::CreditLedgerRefusal as No;
use super::vocabulary::{Balance, DebtCause, ReinstatementReason, RevocationReason};
use crate::GrantId;

/// Most revocations and reinstatements of one grant.
const REVOCATIONS_MAX: usize = 64;

impl Draft {
    /// Takes first what remains, then what had expired (which costs nobody anything), then what
    /// is held, and what is left of the revocation was used: a debt.
    pub(super) fn revoke(
        &mut self,
        id: GrantId,
        revocation: Uuid,
        reason: RevocationReason,
        credits: u64,
    ) -> Decided {
        let grant = self.revocable(id)?;
        if counted(credits)? > grant.credits.saturating_sub(grant.revoked) {
            return Err(No::ExceedsGrant);
        }
        let clawed = credits.min(grant.remaining);
        let forgiven = (credits - clawed).min(grant.lapsed.saturating_sub(grant.forgiven));
        let owed = (credits - clawed - forgiven).min(grant.held.saturating_sub(grant.owed));
        let shortfall = credits - clawed - forgiven - owed;
        let (scheduled, revoked) = (!grant.active, grant.revoked.saturating_add(credits));
        let (balance, at) = (Balance::default(), self.at);
        self.push(E::GrantRevoked {
            grant: id,
            revocation,
            reason,
            credits,
            clawed,
            forgiven,
            owed,
            shortfall,
            scheduled,
            revoked,
            balance,
            at,
        });
        self.owe(DebtCause::Revocation { grant: id, revocation }, Vec::new(), shortfall)
    }

    /// Gives back first what is still held, then what can be used again, and what had expired
    /// before comes last, as expired as it was.
    pub(super) fn reinstate(
        &mut self,
        id: GrantId,
        reinstatement: Uuid,
        reason: ReinstatementReason,
        credits: u64,
    ) -> Decided {
        let grant = self.revocable(id)?;
        if counted(credits)? > grant.revoked {
            return Err(No::ExceedsRevoked);
        }
        let unowed = credits.min(grant.owed);
        let taken = grant.revoked.saturating_sub(grant.owed).saturating_sub(grant.forgiven);
        let restored = (credits - unowed).min(taken);
        let forgiven = credits - unowed - restored;
        let (past, scheduled) = (grant.is_past(self.at), !grant.active);
        let revoked = grant.revoked.saturating_sub(credits);
        self.weight(restored)?;
        let regranted = if past {
            let name = format!("reinstated:{reinstatement}");
            self.regrant(GrantId::new(id.derive(&name)), restored)?
        } else {
            None
        };
        let (balance, at) = (Balance::default(), self.at);
        self.push(E::GrantReinstated {
            grant: id,
            reinstatement,
            reason,
            credits,
            restored,
            unowed,
            forgiven,
            scheduled,
            regranted,
            revoked,
            balance,
            at,
        });
        Ok(())
    }

    fn revocable(&self, id: GrantId) -> Result<&Grant, No> {
        let grant = self.ledger.grant(id).ok_or(No::GrantNotFound)?;
        if grant.revocations.len() >= REVOCATIONS_MAX {
            return Err(No::TooManyRevocations);
        }
        Ok(grant)
    }
}
