//! Decisions on automatic messages: the contact's opt-out, and the AI's pause.

use super::content::MessageContent;
use super::events::ConversationEvent as E;
use super::handle::Decision;
use super::refusal::ConversationRefusal;
use super::state::Conversation;
use super::suggestions::optional_reason;
use crate::text::trimmed;
use crate::{ContactId, Directed};

/// Whole messages that opt out, folded. A plain "no" is an answer to something else.
const KEYWORDS: [&str; 5] = ["stop", "baja", "cancelar", "no molestar", "unsubscribe"];
/// Longest text that can be a keyword, in characters: more need not be looked at.
const KEYWORD_MAX: usize = 40;
/// Longest word for how it was said, in characters.
const BY_MAX: usize = 40;

impl Conversation {
    pub(super) fn opt_out(of: &Directed<()>, contact: ContactId, by: &str) -> Decision {
        let by = trimmed(by, BY_MAX).ok_or(ConversationRefusal::InvalidOptOutSource)?;
        Ok(vec![E::OptOutRecorded { contact, by, at: of.now }])
    }

    pub(super) fn opt_in(of: &Directed<()>, contact: ContactId, by: &str) -> Decision {
        let by = trimmed(by, BY_MAX).ok_or(ConversationRefusal::InvalidOptOutSource)?;
        Ok(vec![E::OptInRecorded { contact, by, at: of.now }])
    }

    /// Also where the contact opted out: an opt-in later does not end a person's pause.
    pub(super) fn pause_ai(of: &Directed<()>, reason: Option<String>) -> Decision {
        let reason = optional_reason(reason)?;
        Ok(vec![E::AiPaused { reason, by: of.actor.clone(), at: of.now }])
    }

    pub(super) fn resume_ai(of: &Directed<()>) -> Decision {
        Ok(vec![E::AiResumed { by: of.actor.clone(), at: of.now }])
    }
}

/// Is the whole message a keyword? Case, accents, the space around and final punctuation do not
/// matter; inside a sentence a keyword means nothing.
pub(super) fn is_said_by(content: &MessageContent) -> bool {
    let MessageContent::Text { body } = content else { return false };
    body.reveal().is_some_and(|text| is_keyword(text))
}

fn is_keyword(text: &str) -> bool {
    if text.trim().chars().count() > KEYWORD_MAX {
        return false;
    }
    let folded: String = text.to_lowercase().chars().filter_map(without_accent).collect();
    let last = |char: char| char.is_whitespace() || ".!¡?¿…,;:".contains(char);
    let words: Vec<&str> = folded.trim().trim_end_matches(last).split_whitespace().collect();
    KEYWORDS.contains(&words.join(" ").as_str())
}

/// The letter below a Spanish accent; combining accents go.
const fn without_accent(char: char) -> Option<char> {
    match char {
        'á' | 'à' | 'â' | 'ä' | 'ã' => Some('a'),
        'é' | 'è' | 'ê' | 'ë' => Some('e'),
        'í' | 'ì' | 'î' | 'ï' => Some('i'),
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => Some('o'),
        'ú' | 'ù' | 'û' | 'ü' => Some('u'),
        '\u{300}'..='\u{36f}' => None,
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::is_keyword;

    #[test]
    fn a_keyword_is_the_whole_message() {
        for said in [
            "STOP",
            " stop. ",
            "Bajá",
            "baja!!",
            "BAJA…",
            "CANCELÁR",
            "No  molestar",
            "baja\u{301}",
            "unsubscribe\n",
        ] {
            assert!(is_keyword(said), "{said}");
        }
        for other in [
            "no",
            "NO",
            "stop it",
            "la baja del servicio",
            "quiero cancelar el turno",
            "no molestar por favor",
            "stopp",
            "",
            "¡baja",
        ] {
            assert!(!is_keyword(other), "{other}");
        }
    }
}
