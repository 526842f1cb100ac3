//! The table as people read it: parsed from docs/CONVERSATION.md.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bitacora_domain::aggregates::conversation::matrix::{Standing, markdown};

const BEGIN: &str = "<!-- matrix:begin -->\n";
const END: &str = "<!-- matrix:end -->";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/CONVERSATION.md")
}

/// What a cell says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Go,
    Nothing,
    Refuse(String),
    Withdraw(String),
}

impl Said {
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Go => "goes on",
            Self::Nothing => "nothing",
            Self::Refuse(_) => "refused",
            Self::Withdraw(_) => "withdrawn",
        }
    }

    fn parse(text: &str) -> Self {
        let code = |text: &str| {
            let code = text.trim().strip_prefix('`').and_then(|text| text.strip_suffix('`'));
            code.unwrap_or_else(|| panic!("{text} is no code")).to_owned()
        };
        match text.trim() {
            "✓" => Self::Go,
            "–" => Self::Nothing,
            text => match text.strip_prefix('↩') {
                Some(text) => Self::Withdraw(code(text)),
                None => Self::Refuse(code(text)),
            },
        }
    }
}

/// The page's table: for every row, what each value of each dimension says.
pub(super) struct Page {
    names: Vec<String>,
    cells: BTreeMap<String, [String; 6]>,
}

impl Page {
    pub(super) fn read() -> Self {
        let text = std::fs::read_to_string(path()).unwrap();
        let (_, rest) = text.split_once(BEGIN).expect("no matrix:begin in docs/CONVERSATION.md");
        let (table, _) = rest.split_once(END).expect("no matrix:end in docs/CONVERSATION.md");
        let mut page = Self { names: Vec::new(), cells: BTreeMap::new() };
        for line in table.lines().skip(2) {
            let line = line.trim().trim_start_matches('|').trim_end_matches('|');
            let mut columns = line.split('|').map(|cell| cell.trim().to_owned());
            let name = columns.next().unwrap();
            let cells: Vec<String> = columns.collect();
            page.names.push(name.clone());
            page.cells.insert(name, cells.try_into().expect("six dimensions"));
        }
        page
    }

    pub(super) fn rows(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    /// From left to right, the first that is not `✓` decides.
    pub(super) fn says(&self, row: &str, at: Standing) -> Said {
        let values = [
            format!("{:?}", at.lifecycle),
            format!("{:?}", at.suggestion),
            format!("{:?}", at.handoff),
            format!("{:?}", at.consent),
            format!("{:?}", at.ai),
            format!("{:?}", at.window),
        ];
        let said = self.cells[row].iter().zip(&values).map(|(cell, value)| one(cell, value));
        said.into_iter().find(|said| *said != Said::Go).unwrap_or(Said::Go)
    }
}

/// What `cell` says to `value`: `✓` alone speaks for all; else every value is named.
fn one(cell: &str, value: &str) -> Said {
    if cell == "✓" {
        return Said::Go;
    }
    for group in cell.split("; ") {
        let mut words: Vec<&str> = Vec::new();
        let mut rest = group;
        while let Some((word, after)) = rest.split_once(' ') {
            words.push(word.trim_end_matches(','));
            rest = after;
            if !word.ends_with(',') {
                break;
            }
        }
        if words.contains(&value) {
            return Said::parse(rest);
        }
    }
    panic!("{cell} does not say anything to {value}")
}

#[test]
fn the_page_is_read_as_it_is_meant() {
    let cell = "Open, Snoozed ✓; Closed `CONVERSATION_CLOSED`; Merged ↩ `LATE`; Archived –";
    assert_eq!(one(cell, "Snoozed"), Said::Go);
    assert_eq!(one(cell, "Closed"), Said::Refuse("CONVERSATION_CLOSED".to_owned()));
    assert_eq!(one(cell, "Merged"), Said::Withdraw("LATE".to_owned()));
    assert_eq!(one(cell, "Archived"), Said::Nothing);
    assert_eq!(one("✓", "Open"), Said::Go);
}

/// The table in the documentation is the one in the code.
#[test]
fn the_rendered_table_is_in_the_documentation() {
    let page = std::fs::read_to_string(path()).unwrap();
    let (head, rest) = page.split_once(BEGIN).expect("no matrix:begin in docs/CONVERSATION.md");
    let (table, tail) = rest.split_once(END).expect("no matrix:end in docs/CONVERSATION.md");
    let today = markdown();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path(), format!("{head}{BEGIN}{today}{END}{tail}")).unwrap();
    } else {
        assert!(table == today, "docs/CONVERSATION.md has drifted: BLESS=1 rewrites the table");
    }
}
