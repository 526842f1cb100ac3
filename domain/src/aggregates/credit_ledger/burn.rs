//! The order of burning.

use super::grant::Grant;
use super::state::CreditLedger;
use super::vocabulary::Allocation;

impl CreditLedger {
    /// The first `credits` available ones in the order of burning; fewer when there are not so
    /// many. Everything that is due must have been done.
    pub(super) fn burn(&self, credits: u64) -> Vec<Allocation> {
        let usable = |grant: &&Grant| grant.active && grant.remaining > 0;
        let mut grants: Vec<&Grant> = self.grants.iter().filter(usable).collect();
        grants.sort_by(|one, other| one.burns_before(other));
        let left = grants.into_iter().map(|g| Allocation { grant: g.id, credits: g.remaining });
        take(left, credits).0
    }
}

/// The first `credits` of `parts`, and the rest of them.
pub(super) fn take(
    parts: impl IntoIterator<Item = Allocation>,
    mut credits: u64,
) -> (Vec<Allocation>, Vec<Allocation>) {
    let (mut taken, mut rest) = (Vec::new(), Vec::new());
    for part in parts {
        let some = part.credits.min(credits);
        credits -= some;
        for (list, credits) in [(&mut taken, some), (&mut rest, part.credits - some)] {
            if credits > 0 {
                list.push(Allocation { credits, ..part });
            }
        }
    }
    (taken, rest)
}
