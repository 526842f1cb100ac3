//! The law of a knowledge document in one table: what each command may do where the version that
//! it names, the latest version and the search stand.

use std::fmt::Write;

use super::commands::KnowledgeDocumentCommand as C;
use super::refusal::KnowledgeDocumentRefusal as No;
use super::vocabulary::{DocumentStatus, IndexStatus};
use crate::law::{self, Verdict as V};

/// What the table says to a command.
pub type Verdict = V<No>;

/// Declares the rows: variants, all of them in order.
macro_rules! asks {
    ($($variant:ident),+ $(,)?) => {
        /// What is asked of the table: a command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)] // named as the commands
        pub enum Ask { $($variant,)+ }

        impl Ask {
            /// All rows, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The row of a command.
            pub const fn of(command: &C) -> Self {
                match command { $(C::$variant { .. } => Self::$variant,)+ }
            }
        }
    };
}

asks! {
    Upload,
    Revise,
    Classify,
    Ingest,
    FailIngestion,
    Approve,
    Reject,
    Publish,
    Chunk,
    FailChunking,
    Embed,
    FailEmbedding,
    Reindex,
    Retire,
    Restore,
}

/// Does a command name the version, and the run, that it can be about?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Named {
    /// The latest version; for facts of the search, the published one and its run. Also commands
    /// that name none.
    Current,
    /// Another.
    Other,
}

impl Named {
    /// Both, in the order of the table.
    pub const ALL: [Self; 2] = [Self::Current, Self::Other];
}

/// Where a document stands: one value of each dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Standing {
    /// The version that the command names.
    pub named: Named,
    /// The latest version.
    pub status: DocumentStatus,
    /// What is published, in the search.
    pub index: IndexStatus,
}

/// A row: what each value of each dimension says, in the order of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the types of the dimensions say it
pub struct Row {
    pub named: [Verdict; 2],
    pub status: [Verdict; 7],
    pub index: [Verdict; 6],
}

const ANYWHERE: Row = Row { named: [V::Go; 2], status: [V::Go; 7], index: [V::Go; 6] };
/// What is not retired.
const LIVING: [Verdict; 7] = [V::Go, V::Go, V::Go, V::Go, V::Go, V::Go, V::Refuse(No::Retired)];
/// A judgement is of the latest version.
const LATEST: [Verdict; 2] = [V::Go, V::Refuse(No::Superseded)];
/// A fact of the search that comes late means nothing.
const IN_TIME: [Verdict; 2] = [V::Go, V::Nothing];

impl Ask {
    /// Its row.
    pub const fn row(self) -> Row {
        use V::{Go, Nothing, Refuse};
        let retired = Refuse(No::Retired);
        let (textless, has_text) = (Refuse(No::NoText), Refuse(No::HasText));
        let unapproved = Refuse(No::NotApproved);
        let uncut = Refuse(No::NotChunked);
        match self {
            Self::Upload => Row { status: [Nothing; 7], ..ANYWHERE },
            Self::Revise | Self::Classify => Row { status: LIVING, ..ANYWHERE },
            Self::Ingest => Row {
                named: LATEST,
                status: [Go, Go, has_text, has_text, has_text, has_text, retired],
                ..ANYWHERE
            },
            Self::FailIngestion => Row {
                named: IN_TIME,
                status: [Go, Nothing, Nothing, Nothing, Nothing, Nothing, Nothing],
                ..ANYWHERE
            },
            Self::Approve => Row {
                named: LATEST,
                status: [textless, textless, Go, Go, Nothing, Nothing, retired],
                ..ANYWHERE
            },
            Self::Reject => Row {
                named: LATEST,
                status: [textless, textless, Go, Nothing, Go, Refuse(No::IsPublished), retired],
                ..ANYWHERE
            },
            Self::Publish => Row {
                named: LATEST,
                status: [unapproved, unapproved, unapproved, unapproved, Go, Nothing, retired],
                ..ANYWHERE
            },
            Self::Chunk => Row {
                named: IN_TIME,
                index: [Nothing, Go, Nothing, Nothing, Go, Nothing],
                ..ANYWHERE
            },
            Self::FailChunking => Row {
                named: IN_TIME,
                index: [Nothing, Go, Nothing, Nothing, Nothing, Nothing],
                ..ANYWHERE
            },
            Self::Embed => {
                Row { named: IN_TIME, index: [Nothing, uncut, Go, Go, uncut, Go], ..ANYWHERE }
            }
            Self::FailEmbedding => Row {
                named: IN_TIME,
                index: [Nothing, uncut, Go, Nothing, uncut, Nothing],
                ..ANYWHERE
            },
            Self::Reindex => Row {
                status: LIVING,
                index: [Refuse(No::NotPublished), Nothing, Go, Go, Go, Go],
                ..ANYWHERE
            },
            Self::Retire => Row { status: [Go, Go, Go, Go, Go, Go, Nothing], ..ANYWHERE },
            Self::Restore => Row {
                status: [Nothing, Nothing, Nothing, Nothing, Nothing, Nothing, Go],
                ..ANYWHERE
            },
        }
    }
}

/// What the table says to `ask` where the document stands so. The dimensions are asked in the
/// order of [`Standing`]; the first that does not say [`V::Go`] decides.
pub fn judge(ask: Ask, at: Standing) -> Verdict {
    let row = ask.row();
    let status = DocumentStatus::ALL.iter().position(|known| *known == at.status);
    let index = IndexStatus::ALL.iter().position(|known| *known == at.index);
    law::first([
        row.named[usize::from(at.named == Named::Other)],
        row.status[status.unwrap_or(0)],
        row.index[index.unwrap_or(0)],
    ])
}

/// The table as Markdown: a line per command, a column per dimension.
pub fn markdown() -> String {
    let mut text = String::from(
        "| Command | The version named | Latest version | Search |\n|---|---|---|---|\n",
    );
    for ask in Ask::ALL {
        let Row { named, status, index } = ask.row();
        let cells = [
            law::cell(&Named::ALL, &named),
            law::cell(&DocumentStatus::ALL, &status),
            law::cell(&IndexStatus::ALL, &index),
        ];
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {ask:?} | {} |", cells.join(" | "));
    }
    text
}
