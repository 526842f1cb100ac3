//! Which decision answers which command.

use chrono::TimeDelta;

use super::commands::BillingOrderCommand as C;
use super::events::BillingOrderEvent as E;
use super::matrix::{self, Verdict};
use super::refusal::BillingOrderRefusal as No;
use super::state::{BillingOrder, Terms};
use super::vocabulary::OrderStatus;
use crate::Directed;
use crate::aggregates::credit_ledger::CREDITS_MAX;
use crate::text::trimmed;

/// Highest price or amount, in the currency's smallest unit.
pub(super) const PRICE_MAX: u64 = 1_000_000_000_000;
/// Longest validity of credits, in days.
const VALID_DAYS_MAX: u32 = 3_650;
/// Longest id of a provider, in bytes.
const PROVIDER_ID_MAX: usize = 255;
/// Longest address, in bytes.
const URL_MAX: usize = 2_048;
/// Longest reason, in characters.
const REASON_MAX: usize = 500;
/// Longest code, in characters.
const CODE_MAX: usize = 100;
/// An order without a page expires after so long.
const WITHOUT_PAGE: TimeDelta = TimeDelta::hours(24);
/// After the page closed, the provider's last word is waited for.
const GRACE: TimeDelta = TimeDelta::hours(1);

/// What a decision gives.
pub(super) type Decision = Result<Vec<E>, No>;

impl BillingOrder {
    /// Facts that are no news first, then the table, then the decision itself.
    pub(super) fn answer(&self, of: &Directed<()>, body: C) -> Decision {
        let Some(terms) = &self.terms else { return Self::begin(of, body) };
        if self.is_settled(of.now, &body)? {
            return Ok(vec![]);
        }
        match matrix::judge((&body).into(), self.standing()) {
            Verdict::Nothing => return Ok(vec![]),
            Verdict::Refuse(refusal) => return Err(refusal),
            Verdict::Go => {}
        }
        let mut events = self.go(of, terms, body)?;
        self.follow_the_money(of, &mut events);
        Ok(events)
    }

    fn begin(of: &Directed<()>, body: C) -> Decision {
        let C::CreateOrder { buyer, origin, credits, price_minor, currency, valid_days } = body
        else {
            return Err(No::NotFound);
        };
        let order = of.aggregate_id.parse().map_err(|_| No::InvalidId)?;
        if !(1..=CREDITS_MAX).contains(&credits) {
            return Err(No::InvalidCredits);
        }
        let code = currency.as_bytes();
        if price_minor > PRICE_MAX || code.len() != 3 || !code.iter().all(u8::is_ascii_lowercase) {
            return Err(No::InvalidPrice);
        }
        if valid_days.is_some_and(|days| !(1..=VALID_DAYS_MAX).contains(&days)) {
            return Err(No::InvalidValidity);
        }
        Ok(vec![E::OrderCreated {
            order,
            tenant: of.tenant,
            ledger: crate::aggregates::credit_ledger::id_of(of.tenant),
            number: 0,
            buyer,
            origin,
            credits,
            price_minor,
            currency,
            valid_days,
            pay_until: of.now + WITHOUT_PAGE,
            at: of.now,
        }])
    }

    /// A command that the table lets through.
    fn go(&self, of: &Directed<()>, terms: &Terms, body: C) -> Decision {
        let at = of.now;
        let from = self.status().unwrap_or(OrderStatus::Created);
        match body {
            C::CreateOrder { .. } => Ok(vec![]),
            C::OpenCheckout { session_id, url, expires_at } => {
                let session_id = provider_id(&session_id)?;
                if !is_page(&url) {
                    return Err(No::InvalidUrl);
                }
                let pay_until = expires_at.checked_add_signed(GRACE).unwrap_or(expires_at);
                Ok(vec![E::CheckoutOpened { session_id, url, expires_at, pay_until, at }])
            }
            C::RecordPayment { .. } => self.record_payment(of, terms, body),
            C::RecordAttemptFailure { code } => {
                let code = trimmed(&code, CODE_MAX).ok_or(No::InvalidReason)?;
                let attempts = self.attempts.saturating_add(1);
                Ok(vec![E::PaymentAttemptFailed { code, attempts, at }])
            }
            C::FailOrder { reason } => {
                let reason = trimmed(&reason, REASON_MAX).ok_or(No::InvalidReason)?;
                Ok(vec![E::OrderFailed { from, reason, at }])
            }
            C::RecordCheckoutExpired { session_id } => {
                provider_id(&session_id)?;
                Ok(vec![E::OrderExpired { from, at }])
            }
            C::ExpireOrder => Ok(vec![E::OrderExpired { from, at }]),
            C::MarkGranted { grant } if grant == super::grant_of(terms.order) => {
                Ok(vec![E::OrderGranted { grant, at }])
            }
            C::MarkGranted { .. } => Err(No::OtherGrant),
            C::RecordRefund { refunded_minor, as_of } => self.refunded(of, refunded_minor, as_of),
            C::RecordRefundFailure { refund_id, amount_minor, as_of } => {
                self.refund_failed(of, &refund_id, amount_minor, as_of)
            }
            C::OpenDispute { dispute_id, amount_minor } => {
                self.disputed(of, &dispute_id, amount_minor)
            }
            C::CloseDispute { dispute_id, amount_minor, outcome } => {
                self.dispute_closed(of, &dispute_id, amount_minor, outcome)
            }
        }
    }
}

/// A provider's id as it came, if it can be one.
pub(super) fn provider_id(text: &str) -> Result<String, No> {
    let fits = (1..=PROVIDER_ID_MAX).contains(&text.len()) && is_visible(text);
    if fits { Ok(text.to_owned()) } else { Err(No::InvalidProviderId) }
}

/// An address where somebody can pay. Without TLS only on this machine, where the offline twin of
/// the provider has its pages.
fn is_page(url: &str) -> bool {
    let local = url.strip_prefix("http://").is_some_and(|rest| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        // what is before an @ is a name, however much it looks like a host
        matches!(host, "127.0.0.1" | "localhost" | "[::1]") && !authority.contains('@')
    });
    (url.starts_with("https://") || local) && url.len() <= URL_MAX && is_visible(url)
}

fn is_visible(text: &str) -> bool {
    !text.contains(|char: char| char.is_whitespace() || char.is_control())
}
