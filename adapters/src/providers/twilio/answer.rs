//! What an answer of the API proves. Only two things are proof: a success that names the call,
//! and an error below 500 that the API itself wrote (it has a code). A 5xx, half an answer, or
//! one that cannot be read leave the call unknown.

use bitacora_commands::ports::{FaultClass, Refusal, Remedy, SendFault};
use serde_json::Value;

use super::errors;
use crate::providers::telephony::http::{Answer, clean};

/// "Too many requests": whoever answers so has done nothing (RFC 6585 §4).
const TOO_MANY: u16 = 429;

/// The document of a success.
pub(super) fn read(answer: &Answer) -> Result<Value, SendFault> {
    let document = answer.json();
    match (answer.status, document) {
        (200 | 201, Some(document)) => Ok(document),
        (200 | 201, None) => Err(SendFault::Unknown("UNREADABLE_ANSWER")),
        (500..=599, _) => Err(SendFault::Unknown("SERVER_ERROR")),
        (TOO_MANY, document) => {
            let (class, remedy) = (FaultClass::Throttled, Remedy::Retry);
            let code = document.as_ref().and_then(code).unwrap_or(i64::from(TOO_MANY));
            let refusal =
                Refusal { code, title: "HTTP 429".into(), class, remedy, after: answer.after };
            Err(SendFault::Refused(refusal))
        }
        (_, Some(document)) => Err(refusal(answer, &document)),
        (_, None) => Err(SendFault::Unknown("UNEXPECTED_ANSWER")),
    }
}

fn refusal(answer: &Answer, document: &Value) -> SendFault {
    let Some(code) = code(document) else { return SendFault::Unknown("UNEXPECTED_ANSWER") };
    let (class, remedy) = errors::judge(code);
    let title = clean(document.get("message").and_then(Value::as_str).unwrap_or_default());
    SendFault::Refused(Refusal { code, title, class, remedy, after: answer.after })
}

fn code(document: &Value) -> Option<i64> {
    document.get("code").and_then(Value::as_i64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn told(status: u16, body: &str) -> Result<Value, SendFault> {
        read(&Answer { status, after: None, body: Some(body.as_bytes().to_vec()) })
    }

    #[test]
    fn only_a_success_with_a_document_is_a_yes() {
        assert_eq!(told(201, r#"{"sid":"CA1"}"#).unwrap()["sid"], "CA1");
        assert_eq!(told(201, "ok"), Err(SendFault::Unknown("UNREADABLE_ANSWER")));
        let long = Answer { status: 201, after: None, body: None };
        assert_eq!(read(&long), Err(SendFault::Unknown("UNREADABLE_ANSWER")));
        for status in [500, 502, 503] {
            let body = r#"{"code":20500,"message":"x","status":500}"#;
            assert_eq!(told(status, body), Err(SendFault::Unknown("SERVER_ERROR")), "{status}");
        }
        for body in ["<html>", "{}", r#"{"message":"no"}"#] {
            assert_eq!(told(400, body), Err(SendFault::Unknown("UNEXPECTED_ANSWER")), "{body}");
        }
    }

    #[test]
    fn an_error_that_the_api_wrote_is_a_no_and_so_is_a_429() {
        let body =
            r#"{"code":21211,"message":"Invalid 'To' Phone Number: +5491166600011","status":400}"#;
        let Err(SendFault::Refused(refusal)) = told(400, body) else { panic!("a refusal") };
        assert_eq!((refusal.code, refusal.class), (21_211, FaultClass::Recipient));
        assert_eq!(refusal.title, "Invalid 'To' Phone Number: +…");
        let Err(SendFault::Refused(refusal)) = told(429, "slow down") else { panic!("a refusal") };
        assert_eq!((refusal.class, refusal.remedy), (FaultClass::Throttled, Remedy::Retry));
    }
}
