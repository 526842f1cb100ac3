//! What an HTTP answer of Stripe says about a page (wire-formats §6.3). Requests carry an
//! idempotency key, so whatever is not a clear no may be asked again.

use bitacora_commands::ports::{CheckoutFault, CheckoutPage};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

/// Longest message that is kept, in characters.
const MESSAGE_MAX: usize = 200;
/// Longest wait that the provider is believed to mean.
const LONGEST_WAIT_S: i64 = 3_600;
/// Beginnings of keys, which must not reach a log.
const KEYS: [&str; 4] = ["sk_", "rk_", "pk_", "whsec_"];

/// The parts of an answer that say something.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// `Retry-After`
    pub(super) retry_after: Option<String>,
    /// `Stripe-Should-Retry`
    pub(super) should_retry: Option<String>,
    /// `None` when it was longer than an answer can be.
    pub(super) body: Option<Vec<u8>>,
}

/// Reads an answer. `asked` is when the page was to end.
pub(super) fn read(answer: &Answer, asked: DateTime<Utc>) -> Result<CheckoutPage, CheckoutFault> {
    let document = answer.body.as_deref().and_then(|body| serde_json::from_slice(body).ok());
    let document: Value = document.unwrap_or_default();
    if answer.status == 200 {
        return page(&document, asked).ok_or(CheckoutFault::Unavailable("UNREADABLE_ANSWER"));
    }
    let (code, message) = said(&document, answer.status);
    let after = answer.retry_after.as_deref().and_then(seconds);
    // What Stripe says itself goes before what the status means: it knows whether the outcome of
    // this key is already written.
    match (answer.should_retry.as_deref(), answer.status) {
        (_, 401 | 403) => Err(CheckoutFault::Unauthorized { code, message }),
        (Some("false"), _) => Err(CheckoutFault::Refused { code, message }),
        (_, 429) => Err(CheckoutFault::Busy { code: "RATE_LIMITED", after }),
        (_, 409) => Err(CheckoutFault::Busy { code: "REQUEST_UNDER_WAY", after }),
        (_, 500..=599) => Err(CheckoutFault::Unavailable("SERVER_ERROR")),
        (Some("true"), _) => Err(CheckoutFault::Busy { code: "TOLD_TO_RETRY", after }),
        (_, 400..=499) => Err(CheckoutFault::Refused { code, message }),
        _ => Err(CheckoutFault::Unavailable("UNEXPECTED_ANSWER")),
    }
}

fn page(session: &Value, asked: DateTime<Utc>) -> Option<CheckoutPage> {
    let text = |name: &str| session.get(name)?.as_str().filter(|text| !text.is_empty());
    let told = session.get("expires_at").and_then(Value::as_i64);
    Some(CheckoutPage {
        session_id: text("id")?.to_owned(),
        url: text("url")?.to_owned(),
        expires_at: told.and_then(|at| DateTime::from_timestamp(at, 0)).unwrap_or(asked),
    })
}

/// Code and message of an error.
fn said(document: &Value, status: u16) -> (String, String) {
    let error = document.get("error");
    let text = |name: &str| error?.get(name)?.as_str().filter(|text| !text.is_empty());
    let code = text("code").or_else(|| text("type")).map(code);
    let code = code.unwrap_or_else(|| format!("STRIPE_HTTP_{status}"));
    (code, clean(text("message").unwrap_or("no message")))
}

/// `amount_too_small` → `STRIPE_AMOUNT_TOO_SMALL`.
fn code(text: &str) -> String {
    let plain = |char: char| if char.is_ascii_alphanumeric() { char } else { '_' };
    let code: String = text.chars().take(60).map(plain).collect();
    format!("STRIPE_{}", code.to_ascii_uppercase())
}

/// Short, in one line, without keys and without what may be an address of a person.
fn clean(message: &str) -> String {
    let secret = |word: &str| KEYS.iter().any(|key| word.contains(key)) || word.contains('@');
    let words = message.split_whitespace().map(|word| if secret(word) { "…" } else { word });
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars().filter(|char| !char.is_control()).take(MESSAGE_MAX).collect()
}

/// `Retry-After` in seconds; 0 names no time.
fn seconds(text: &str) -> Option<TimeDelta> {
    let seconds: i64 = text.trim().parse().ok()?;
    (seconds > 0).then(|| TimeDelta::seconds(seconds.min(LONGEST_WAIT_S)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use CheckoutFault as F;

    fn answer(status: u16, should_retry: Option<&str>, body: &str) -> Answer {
        let should_retry = should_retry.map(str::to_owned);
        Answer { status, should_retry, retry_after: None, body: Some(body.into()) }
    }

    fn fault(status: u16, should_retry: Option<&str>) -> CheckoutFault {
        let body = r#"{"error":{"type":"invalid_request_error","message":"No"}}"#;
        read(&answer(status, should_retry, body), DateTime::UNIX_EPOCH).unwrap_err()
    }

    #[test]
    fn a_page_has_an_id_and_an_address() {
        let yes = r#"{"id":"cs_1","url":"https://checkout.stripe.com/c/pay/cs_1","expires_at":60}"#;
        let page = read(&answer(200, None, yes), DateTime::UNIX_EPOCH).unwrap();
        assert_eq!((page.session_id.as_str(), page.expires_at.timestamp()), ("cs_1", 60));
        let asked = DateTime::from_timestamp(7, 0).unwrap();
        let silent = r#"{"id":"cs_1","url":"https://x","expires_at":null}"#;
        assert_eq!(read(&answer(200, None, silent), asked).unwrap().expires_at, asked);
        for body in ["", "{}", r#"{"id":"cs_1","url":null}"#, r#"{"id":"","url":"https://x"}"#] {
            let unreadable = CheckoutFault::Unavailable("UNREADABLE_ANSWER");
            assert_eq!(read(&answer(200, None, body), asked), Err(unreadable), "{body}");
        }
        let long = Answer { status: 200, ..Answer::default() };
        assert!(read(&long, asked).is_err(), "too long");
    }

    #[test]
    fn what_stripe_says_about_retrying_goes_before_the_status() {
        let refused = |fault| matches!(fault, F::Refused { .. });
        assert!(
            refused(fault(400, None)) && refused(fault(402, None)) && refused(fault(404, None))
        );
        assert!(refused(fault(500, Some("false"))) && refused(fault(409, Some("false"))));
        assert!(matches!(fault(400, Some("true")), F::Busy { code: "TOLD_TO_RETRY", .. }));
        assert!(matches!(fault(409, None), F::Busy { code: "REQUEST_UNDER_WAY", .. }));
        assert!(matches!(fault(429, None), F::Busy { code: "RATE_LIMITED", .. }));
        for status in [500, 502, 503] {
            assert_eq!(fault(status, None), F::Unavailable("SERVER_ERROR"));
        }
        assert_eq!(fault(302, None), F::Unavailable("UNEXPECTED_ANSWER"));
        for status in [401, 403] {
            assert!(matches!(fault(status, Some("false")), F::Unauthorized { .. }));
        }
    }

    #[test]
    fn a_code_is_stable_and_a_message_names_no_key_and_no_person() {
        let body = r#"{"error":{"type":"invalid_request_error","code":"amount_too_small",
            "message":"Key sk_live_abc of ana@example.test\nis too small"}}"#;
        let F::Refused { code, message } =
            read(&answer(400, None, body), DateTime::UNIX_EPOCH).unwrap_err()
        else {
            panic!("a 400 is a refusal")
        };
        assert_eq!(code, "STRIPE_AMOUNT_TOO_SMALL");
        assert_eq!(message, "Key … of … is too small");
        assert_eq!(said(&Value::Null, 404).0, "STRIPE_HTTP_404");
        assert_eq!(clean(&"é".repeat(500)).chars().count(), MESSAGE_MAX);
    }
}
