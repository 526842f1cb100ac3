//! What is due happens in the order of its times, whenever somebody looks: a grant that has
//! ended counts as ended before a timer says so, and a late timer changes nothing.

use chrono::{DateTime, Utc};

use super::draft::Draft;
use super::events::CreditLedgerEvent as E;
use super::vocabulary::Balance;
use crate::{GrantId, HoldId};

/// Something whose time has come. At one time grants begin first, then end, then holds end; in
/// the order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Begin(u64, GrantId),
    End(u64, GrantId),
    EndHold(u64, HoldId),
}

impl Draft {
    /// Records what is due, one by one: each may settle a debt or change what the next one means.
    pub(super) fn do_what_is_due(&mut self) {
        while let Some((due, what)) = self.next_due() {
            let at = self.ledger.time(due);
            match what {
                What::Begin(_, grant) => {
                    let credits = self.ledger.remaining_of(grant).unwrap_or_default();
                    self.push(E::GrantActivated {
                        grant,
                        credits,
                        balance: Balance::default(),
                        at,
                    });
                }
                What::End(_, grant) => {
                    let remaining = self.ledger.remaining_of(grant).unwrap_or_default();
                    self.push(E::GrantExpired {
                        grant,
                        remaining,
                        balance: Balance::default(),
                        at,
                    });
                }
                What::EndHold(_, hold) => self.expire_hold(hold, at),
            }
            self.settle_debt(at);
        }
    }

    fn next_due(&self) -> Option<(DateTime<Utc>, What)> {
        let grants = self.ledger.grants.iter();
        let begins = grants.clone().filter(|grant| !grant.active);
        let begins = begins.map(|grant| (grant.effective_at, What::Begin(grant.number, grant.id)));
        let ends = grants.filter(|grant| grant.active && grant.remaining > 0);
        let ends = ends.filter_map(|grant| {
            grant.expires_at.map(|end| (end, What::End(grant.number, grant.id)))
        });
        let holds = self.ledger.holds.iter();
        let holds = holds.map(|hold| (hold.expires_at, What::EndHold(hold.number, hold.id)));
        begins.chain(ends).chain(holds).filter(|(due, _)| *due <= self.at).min()
    }
}
