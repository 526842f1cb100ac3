//! The path below a telephony provider's webhook at which it tells of one attempt. Twilio has no
//! idempotency key, so our ids travel in the address of its callbacks: a call that nobody knows
//! to be placed, because its answer was lost, is found by the first of them. The address is part
//! of what the provider signs.

use std::fmt;

use bitacora_domain::CallId;

/// Longest name of a step, in characters, as the call session takes it.
const STEP_MAX: usize = 60;

/// What a callback is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallTopic {
    /// How the call stands.
    Status,
    /// A recording.
    Recording,
    /// A transcription.
    Transcription,
    /// Who or what answered (detection of answering machines).
    AnsweredBy,
    /// Keys that were pressed at a step of the script.
    Gather {
        /// The step: letters, digits, `-` and `_`.
        step: String,
    },
    /// How a transfer ended.
    Transfer,
}

/// One attempt, and what is told of it: `<call>/<attempt>/<topic>`. Whose call it is, the log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallPath {
    /// The call.
    pub call: CallId,
    /// Which attempt, from 1.
    pub attempt: i64,
    /// What about it.
    pub topic: CallTopic,
}

impl CallPath {
    /// The path that [`fmt::Display`] made; `None` for every other text.
    pub fn parse(path: &str) -> Option<Self> {
        let mut parts = path.trim_matches('/').split('/');
        let call = parts.next()?.parse().ok()?;
        let attempt = parts.next()?.parse().ok().filter(|attempt| *attempt >= 1)?;
        let topic = match (parts.next()?, parts.next(), parts.next()) {
            ("status", None, None) => CallTopic::Status,
            ("recording", None, None) => CallTopic::Recording,
            ("transcription", None, None) => CallTopic::Transcription,
            ("amd", None, None) => CallTopic::AnsweredBy,
            ("transfer", None, None) => CallTopic::Transfer,
            ("gather", Some(step), None) if is_step(step) => {
                CallTopic::Gather { step: step.to_owned() }
            }
            _ => return None,
        };
        Some(Self { call, attempt, topic })
    }
}

impl fmt::Display for CallPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, attempt, topic } = self;
        write!(f, "{call}/{attempt}/")?;
        match topic {
            CallTopic::Status => f.write_str("status"),
            CallTopic::Recording => f.write_str("recording"),
            CallTopic::Transcription => f.write_str("transcription"),
            CallTopic::AnsweredBy => f.write_str("amd"),
            CallTopic::Gather { step } => write!(f, "gather/{step}"),
            CallTopic::Transfer => f.write_str("transfer"),
        }
    }
}

fn is_step(step: &str) -> bool {
    let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_');
    !step.is_empty() && step.len() <= STEP_MAX && step.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn what_was_written_is_read_and_nothing_else_is() {
        let call = CallId::new(Uuid::from_u128(2));
        let topics = [
            CallTopic::Status,
            CallTopic::Recording,
            CallTopic::Transcription,
            CallTopic::AnsweredBy,
            CallTopic::Gather { step: "menu".into() },
            CallTopic::Transfer,
        ];
        for topic in topics {
            let path = CallPath { call, attempt: 3, topic };
            let text = path.to_string();
            assert_eq!(CallPath::parse(&text), Some(path.clone()), "{text}");
            assert_eq!(CallPath::parse(&format!("/{text}")), Some(path));
        }
        let good = format!("{call}/1/status");
        for other in [
            String::new(),
            format!("{call}/1"),
            format!("{call}/0/status"),
            format!("{call}/-1/status"),
            "x/1/status".to_owned(),
            format!("{good}/more"),
            format!("{call}/1/gather"),
            format!("{call}/1/gather/a b"),
            format!("{call}/1/gather/{}", "a".repeat(61)),
            format!("{call}/1/secrets"),
        ] {
            assert_eq!(CallPath::parse(&other), None, "{other}");
        }
    }
}
