//! What an HTTP answer of the Cloud API proves. Only two things are proof: a 200 that names the
//! message, and an error that the API itself wrote. A 5xx of something in between, half an
//! answer, or a 200 that cannot be read leave the message unknown.

use bitacora_commands::ports::{Refusal, SendFault};
use chrono::TimeDelta;
use serde_json::Value;

use super::errors;

/// Longest title that is kept, in characters.
const TITLE_MAX: usize = 200;
/// Longest wait that a provider is believed to mean.
const LONGEST_WAIT_S: i64 = 3_600;
/// So many digits in a row may be a telephone number; titles go into logs.
const DIGITS_SHOWN: usize = 6;
/// "Too many requests": whoever answers so has done nothing (RFC 6585 §4).
const TOO_MANY: u16 = 429;

/// The message as the provider knows it, and its recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) id: String,
    pub(super) wa_id: Option<String>,
}

/// Reads an answer. `body` is `None` when it was longer than an answer can be.
pub(super) fn read(
    status: u16,
    retry_after: Option<&str>,
    body: Option<&[u8]>,
) -> Result<Taken, SendFault> {
    let document = body.and_then(|body| serde_json::from_slice::<Value>(body).ok());
    let after = retry_after.and_then(seconds);
    if let Some(refusal) =
        document.as_ref().and_then(|document| refusal(status, document.get("error")?, after))
    {
        return Err(SendFault::Refused(refusal));
    }
    match (status, document.as_ref().and_then(taken)) {
        (200, Some(taken)) => Ok(taken),
        (200, None) => Err(SendFault::Unknown("UNREADABLE_ANSWER")),
        (TOO_MANY, _) => Err(SendFault::Refused(too_many(after))),
        (500..=599, _) => Err(SendFault::Unknown("SERVER_ERROR")),
        _ => Err(SendFault::Unknown("UNEXPECTED_ANSWER")),
    }
}

fn taken(document: &Value) -> Option<Taken> {
    let id = document.get("messages")?.get(0)?.get("id")?.as_str()?;
    let wa_id = || document.get("contacts")?.get(0)?.get("wa_id")?.as_str().map(str::to_owned);
    (!id.is_empty()).then(|| Taken { id: id.to_owned(), wa_id: wa_id() })
}

/// An error that the API wrote itself: it has a code.
fn refusal(status: u16, error: &Value, after: Option<TimeDelta>) -> Option<Refusal> {
    let code = error.get("code")?;
    let code = code.as_i64().or_else(|| code.as_str()?.parse().ok())?;
    let said = error.get("is_transient").and_then(Value::as_bool).unwrap_or(false);
    let (class, remedy) = errors::judge(code, said || status >= 500);
    let title = error.get("message").and_then(Value::as_str).unwrap_or_default();
    Some(Refusal { code, title: clean(title), class, remedy, after })
}

fn too_many(after: Option<TimeDelta>) -> Refusal {
    let (class, remedy) = errors::judge(4, false);
    Refusal { code: 0, title: "HTTP 429".into(), class, remedy, after }
}

/// `Retry-After` in seconds; 0 names no time. (The form with a date would need a clock that
/// agrees with theirs.)
fn seconds(text: &str) -> Option<TimeDelta> {
    let seconds: i64 = text.trim().parse().ok()?;
    (seconds > 0).then(|| TimeDelta::seconds(seconds.min(LONGEST_WAIT_S)))
}

/// The provider's text, short, in one line, and without what may be a telephone number.
fn clean(title: &str) -> String {
    let mut clean = String::new();
    let mut digits = 0;
    for char in title.chars().take(TITLE_MAX) {
        digits = if char.is_ascii_digit() { digits + 1 } else { 0 };
        if digits > DIGITS_SHOWN {
            if digits == DIGITS_SHOWN + 1 {
                clean.truncate(clean.len() - DIGITS_SHOWN);
                clean.push('…');
            }
        } else {
            clean.push(if char.is_control() { ' ' } else { char });
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitacora_commands::ports::FaultClass;

    fn fault(status: u16, retry_after: Option<&str>, body: &str) -> SendFault {
        read(status, retry_after, Some(body.as_bytes())).unwrap_err()
    }

    #[test]
    fn only_a_200_with_an_id_is_a_yes() {
        let yes = r#"{"messaging_product":"whatsapp","contacts":[{"input":"1","wa_id":"5491166600011"}],"messages":[{"id":"wamid.OUT1"}]}"#;
        let taken = read(200, None, Some(yes.as_bytes())).unwrap();
        assert_eq!(
            (taken.id.as_str(), taken.wa_id.as_deref()),
            ("wamid.OUT1", Some("5491166600011"))
        );
        let unreadable = SendFault::Unknown("UNREADABLE_ANSWER");
        for body in
            ["", "ok", "{}", "[]", r#"{"messages":[]}"#, r#"{"messages":[{"id":""}]}"#, &yes[..60]]
        {
            assert_eq!(fault(200, None, body), unreadable, "{body}");
        }
        assert_eq!(read(200, None, None), Err(unreadable), "too long");
        assert_eq!(fault(500, None, yes), SendFault::Unknown("SERVER_ERROR"));
        assert_eq!(fault(302, None, yes), SendFault::Unknown("UNEXPECTED_ANSWER"));
    }

    #[test]
    fn an_error_proves_something_only_when_the_api_wrote_it() {
        for status in [200, 400, 401, 500, 503] {
            let SendFault::Refused(refusal) =
                fault(status, None, r#"{"error":{"message":"no","code":131026}}"#)
            else {
                panic!("{status} with a code is a refusal")
            };
            assert_eq!(refusal.code, 131_026);
        }
        for body in [
            "<html>bad gateway</html>",
            "{}",
            r#"{"error":"oops"}"#,
            r#"{"error":{"message":"x"}}"#,
        ] {
            assert_eq!(fault(502, None, body), SendFault::Unknown("SERVER_ERROR"), "{body}");
            assert_eq!(fault(404, None, body), SendFault::Unknown("UNEXPECTED_ANSWER"), "{body}");
        }
    }

    #[test]
    fn a_429_is_a_refusal_and_its_wait_is_believed_within_reason() {
        for (header, wait) in [
            (Some("7"), Some(7)),
            (Some("999999"), Some(3_600)),
            (Some("0"), None),
            (Some("-1"), None),
            (Some("soon"), None),
            (None, None),
        ] {
            let SendFault::Refused(refusal) = fault(429, header, "slow down") else {
                panic!("a 429 is a refusal")
            };
            assert_eq!(refusal.class, FaultClass::Throttled);
            assert_eq!(refusal.after, wait.map(TimeDelta::seconds), "{header:?}");
        }
    }

    #[test]
    fn a_title_is_short_and_names_no_number() {
        assert_eq!(
            clean("(#131030) Recipient 5491166600011\nis not allowed"),
            "(#131030) Recipient … is not allowed"
        );
        assert_eq!(clean("1234567 and 123456"), "… and 123456");
        assert_eq!(clean(&"é".repeat(500)).chars().count(), TITLE_MAX);
    }
}
