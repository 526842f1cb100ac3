//! The GET by which Meta asks whether a URL is ours.

use crate::sources::{HandshakeAnswer, Secret};

/// Longest challenge that is echoed; Meta's have ten digits.
const CHALLENGE_MAX: usize = 256;

/// Answers `hub.mode`, `hub.verify_token` and `hub.challenge` (the dots are part of the names).
pub(in crate::sources) fn answer(query: &[(String, String)], tokens: &[Secret]) -> HandshakeAnswer {
    let parameter =
        |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let (Some(mode), Some(token), Some(challenge)) =
        (parameter("hub.mode"), parameter("hub.verify_token"), parameter("hub.challenge"))
    else {
        return HandshakeAnswer::Incomplete;
    };
    if challenge.is_empty() || challenge.len() > CHALLENGE_MAX {
        return HandshakeAnswer::Incomplete;
    }
    let ours = tokens.iter().any(|secret| secret.equals(token.as_bytes()));
    if mode == "subscribe" && ours {
        HandshakeAnswer::Accepted(challenge.to_owned())
    } else {
        HandshakeAnswer::Refused
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn ask(parameters: &[(&str, &str)]) -> HandshakeAnswer {
        let query: Vec<(String, String)> =
            parameters.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        answer(&query, &["old", "new"].map(|token| Secret::new(token).unwrap()))
    }

    #[test]
    fn the_challenge_is_echoed_for_any_of_our_tokens_only() {
        let with = |mode, token| {
            ask(&[("hub.mode", mode), ("hub.challenge", "1158201444"), ("hub.verify_token", token)])
        };
        let accepted = HandshakeAnswer::Accepted("1158201444".into());
        assert_eq!(with("subscribe", "new"), accepted);
        assert_eq!(with("subscribe", "old"), accepted);
        for (mode, token) in [
            ("subscribe", "other"),
            ("subscribe", ""),
            ("subscribe", "NEW"),
            ("unsubscribe", "new"),
        ] {
            assert_eq!(with(mode, token), HandshakeAnswer::Refused, "{mode} {token}");
        }
    }

    #[test]
    fn missing_parameters_are_told_apart() {
        let all = [("hub.mode", "subscribe"), ("hub.challenge", "1"), ("hub.verify_token", "new")];
        for missing in 0..3 {
            let mut some = all.to_vec();
            some.remove(missing);
            assert_eq!(ask(&some), HandshakeAnswer::Incomplete);
        }
        assert_eq!(ask(&[]), HandshakeAnswer::Incomplete);
        let long = "1".repeat(257);
        assert_eq!(ask(&[all[0], ("hub.challenge", &long), all[2]]), HandshakeAnswer::Incomplete);
    }

    #[test]
    fn without_a_token_nobody_is_accepted() {
        let query = [("hub.mode", "subscribe"), ("hub.challenge", "1"), ("hub.verify_token", "")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(answer(&query, &[]), HandshakeAnswer::Refused);
    }
}
