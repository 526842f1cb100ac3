//! How much money is gone, and how many credits that is.

use super::state::{BillingOrder, Terms};
use super::vocabulary::DisputeOutcome;

impl BillingOrder {
    /// What was given back: the provider's latest word, less what failed since. Whatever order
    /// the facts come in, the same facts give the same sum.
    pub(super) fn refunded_minor(&self) -> u64 {
        let Some(reported) = self.reported else { return 0 };
        let since = self.failed_refunds.iter().filter(|failed| failed.as_of >= reported.as_of);
        since.fold(reported.minor, |left, failed| left.saturating_sub(failed.minor))
    }

    /// The credits that the money which is gone had paid for: what was given back, what is
    /// disputed, and what was lost in a dispute.
    pub(super) fn credits_gone(&self, terms: &Terms) -> u64 {
        let disputed = self.disputes.iter().filter(|one| one.outcome != Some(DisputeOutcome::Won));
        let gone =
            disputed.fold(self.refunded_minor(), |sum, dispute| sum.saturating_add(dispute.minor));
        share(terms.credits, gone, terms.price_minor)
    }
}

/// `part` of `whole` as a share of `credits`, rounded down; all of them for the whole.
pub(super) fn share(credits: u64, part: u64, whole: u64) -> u64 {
    if part == 0 {
        return 0;
    }
    if part >= whole {
        return credits;
    }
    let share = u128::from(credits) * u128::from(part) / u128::from(whole);
    u64::try_from(share).unwrap_or(credits)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_share_is_rounded_down_and_the_whole_is_all() {
        assert_eq!(share(50, 0, 40_000), 0);
        assert_eq!(share(50, 16_000, 40_000), 20);
        assert_eq!(share(50, 15_999, 40_000), 19);
        assert_eq!(share(50, 40_000, 40_000), 50);
        assert_eq!(share(50, 50_000, 40_000), 50);
        assert_eq!(share(50, 1, 0), 50);
        assert_eq!(share(1_000_000_000, 999_999_999_999, 1_000_000_000_000), 999_999_999);
    }
}
