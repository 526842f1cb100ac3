//! What an answer of the API proves. Errors have no numbers; the status says what kind of
//! trouble it is, and a word beside it which.

use bitacora_commands::ports::{FaultClass, Refusal, Remedy, SendFault};
use serde_json::Value;

use crate::providers::telephony::http::{Answer, clean};

/// The document of a success.
pub(super) fn read(answer: &Answer) -> Result<Value, SendFault> {
    match (answer.status, answer.json()) {
        (200 | 201, Some(document)) => Ok(document),
        (200 | 201, None) => Err(SendFault::Unknown("UNREADABLE_ANSWER")),
        (500..=599, _) => Err(SendFault::Unknown("SERVER_ERROR")),
        (429, document) => Err(refusal(answer, document.as_ref())),
        // Whoever stands in between writes no `detail`.
        (400..=499, Some(document)) if document.get("detail").is_some() => {
            Err(refusal(answer, Some(&document)))
        }
        (_, _) => Err(SendFault::Unknown("UNEXPECTED_ANSWER")),
    }
}

fn refusal(answer: &Answer, document: Option<&Value>) -> SendFault {
    let detail = document.and_then(|document| document.get("detail"));
    let word = detail.and_then(|detail| detail.get("status")).and_then(Value::as_str);
    let message = detail.and_then(|detail| detail.get("message")).and_then(Value::as_str);
    let title = clean(message.or(word).unwrap_or("no reason given"));
    let (class, remedy) = judge(answer.status, word.unwrap_or_default());
    let code = i64::from(answer.status);
    SendFault::Refused(Refusal { code, title, class, remedy, after: answer.after })
}

fn judge(status: u16, word: &str) -> (FaultClass, Remedy) {
    match (status, word) {
        (_, "quota_exceeded") | (402, _) => (FaultClass::Payment, Remedy::StopChannel),
        (429, _) => (FaultClass::Throttled, Remedy::Retry),
        (401 | 403, _) => (FaultClass::Auth, Remedy::StopChannel),
        (404, _) => (FaultClass::Account, Remedy::StopChannel),
        _ => (FaultClass::Request, Remedy::Fail),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn told(status: u16, body: &str) -> Result<Value, SendFault> {
        read(&Answer { status, after: None, body: Some(body.as_bytes().to_vec()) })
    }

    #[test]
    fn an_error_proves_something_only_when_the_api_wrote_it() {
        let cases = [
            (401, "invalid_api_key", FaultClass::Auth, Remedy::StopChannel),
            (401, "quota_exceeded", FaultClass::Payment, Remedy::StopChannel),
            (404, "agent_not_found", FaultClass::Account, Remedy::StopChannel),
            (429, "too_many_concurrent_requests", FaultClass::Throttled, Remedy::Retry),
            (422, "invalid_phone_number", FaultClass::Request, Remedy::Fail),
        ];
        for (status, word, class, remedy) in cases {
            let body = format!(r#"{{"detail":{{"status":"{word}","message":"no"}}}}"#);
            let Err(SendFault::Refused(refusal)) = told(status, &body) else { panic!("{word}") };
            assert_eq!((refusal.class, refusal.remedy), (class, remedy), "{word}");
        }
        let odd = Err(SendFault::Unknown("UNEXPECTED_ANSWER"));
        assert_eq!(told(403, "<html>blocked by a proxy</html>"), odd);
        assert_eq!(told(400, "{}"), odd);
        assert_eq!(told(503, r#"{"detail":{}}"#), Err(SendFault::Unknown("SERVER_ERROR")));
        assert_eq!(told(200, "oops"), Err(SendFault::Unknown("UNREADABLE_ANSWER")));
    }
}
