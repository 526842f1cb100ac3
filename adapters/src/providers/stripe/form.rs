//! A checkout session as Stripe takes it (wire-formats §6.3): a form whose nested names have
//! brackets. The same order gives the same bytes, because an idempotency key is good for one
//! request only.

use bitacora_commands::ports::CheckoutRequest;
use reqwest::Url;

/// Currencies whose amounts Stripe takes in hundredths although they have none. Orders hold the
/// smallest unit; asking for a hundredth of a price, or a hundred times it, is worse than a no.
const HUNDREDTHS_OF_WHOLES: [&str; 2] = ["isk", "ugx"];
/// Currencies with three decimals, of which Stripe takes multiples of ten only.
const THOUSANDTHS: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];
/// What Stripe replaces by the session's id in an address.
const SESSION: &str = "{CHECKOUT_SESSION_ID}";

/// An order that cannot be paid here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unpayable {
    /// Stripe counts this currency in another unit than everybody else.
    #[error("amounts of this currency cannot be told to Stripe")]
    Currency,
    /// A price that Stripe cannot take.
    #[error("Stripe takes prices of this currency in multiples of 10")]
    Price,
    /// The address to come back to is none.
    #[error("the address to come back to is not a URL")]
    ReturnUrl,
}

/// The body of the request. Whoever has paid, or has not, comes back to `return_url`.
///
/// # Errors
/// [`Unpayable`].
pub fn form(wanted: &CheckoutRequest, return_url: &str) -> Result<String, Unpayable> {
    let amount = amount(wanted)?.to_string();
    let (tenant, order) = (wanted.tenant.to_string(), wanted.order.to_string());
    let credits = wanted.credits.to_string();
    let name =
        if wanted.credits == 1 { "1 crédito".to_owned() } else { format!("{credits} créditos") };
    let success = back(return_url, &[("checkout", "success"), ("session", SESSION)])?;
    let cancel = back(return_url, &[("checkout", "cancelled")])?;
    let expires_at = wanted.expires_at.timestamp().to_string();
    Ok(encode(&[
        ("mode", "payment"),
        ("client_reference_id", &order),
        ("metadata[tenant_id]", &tenant),
        ("metadata[order_id]", &order),
        ("metadata[credits]", &credits),
        ("payment_intent_data[metadata][tenant_id]", &tenant),
        ("payment_intent_data[metadata][order_id]", &order),
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", &wanted.currency),
        ("line_items[0][price_data][unit_amount]", &amount),
        ("line_items[0][price_data][product_data][name]", &name),
        ("success_url", &success),
        ("cancel_url", &cancel),
        ("expires_at", &expires_at),
    ]))
}

/// Currencies without decimals are told as they are: their smallest unit is the whole.
fn amount(wanted: &CheckoutRequest) -> Result<u64, Unpayable> {
    let currency = wanted.currency.as_str();
    if HUNDREDTHS_OF_WHOLES.contains(&currency) {
        return Err(Unpayable::Currency);
    }
    if THOUSANDTHS.contains(&currency) && !wanted.price_minor.is_multiple_of(10) {
        return Err(Unpayable::Price);
    }
    Ok(wanted.price_minor)
}

/// The address with more in its query. The braces of a placeholder must arrive as they are.
fn back(address: &str, pairs: &[(&str, &str)]) -> Result<String, Unpayable> {
    let mut url = Url::parse(address).map_err(|_| Unpayable::ReturnUrl)?;
    url.query_pairs_mut().extend_pairs(pairs);
    Ok(url.to_string().replace("%7B", "{").replace("%7D", "}"))
}

fn encode(pairs: &[(&str, &str)]) -> String {
    // The one public way to the encoder that the HTTP client has on board anyhow.
    let Ok(mut url) = Url::parse("form:/") else { return String::new() };
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}
