//! The words with which a contact wants nothing automatic any more: one list for the
//! conversation that hears them and the leads that end by them.

/// Whole messages that opt out, folded. A plain "no" is an answer to something else.
const KEYWORDS: [&str; 5] = ["stop", "baja", "cancelar", "no molestar", "unsubscribe"];
/// Longest text that can be a keyword, in characters: more need not be looked at.
const KEYWORD_MAX: usize = 40;

/// Is the whole message a keyword? Case, accents, the space around and final punctuation do not
/// matter; inside a sentence a keyword means nothing.
pub fn is_keyword(text: &str) -> bool {
    if text.trim().chars().count() > KEYWORD_MAX {
        return false;
    }
    let folded = folded(text);
    let last = |char: char| char.is_whitespace() || ".!¡?¿…,;:".contains(char);
    let words: Vec<&str> = folded.trim().trim_end_matches(last).split_whitespace().collect();
    KEYWORDS.contains(&words.join(" ").as_str())
}

/// The text in lower case and without Spanish accents (`ñ` is a letter of its own): the form in
/// which words are looked for.
pub fn folded(text: &str) -> String {
    text.to_lowercase().chars().filter_map(without_accent).collect()
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
