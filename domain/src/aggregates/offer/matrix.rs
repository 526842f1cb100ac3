//! The law of an offer in one table: what each command may do where the offer stands.

use std::fmt::Write;

use super::refusal::OfferRefusal as No;
use super::vocabulary::{OfferCommand as C, OfferStatus};
use crate::law::{self, Verdict as V};

/// What the table says to a command.
pub type Verdict = V<No>;

/// Declares the rows: variants, all of them in order, and their names.
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

asks! { Create, Rename, SetCriteria, Publish, Pause, Archive, MapAd, UnmapAd }

impl Ask {
    /// Its row, in the order of [`OfferStatus::ALL`].
    pub const fn row(self) -> [Verdict; 4] {
        let archived = V::Refuse(No::Archived);
        match self {
            Self::Create => [V::Nothing; 4],
            Self::Rename | Self::SetCriteria | Self::MapAd | Self::UnmapAd => {
                [V::Go, V::Go, V::Go, archived]
            }
            Self::Publish => [V::Go, V::Nothing, V::Go, archived],
            Self::Pause => [V::Refuse(No::NotPublished), V::Go, V::Nothing, archived],
            Self::Archive => [V::Go, V::Go, V::Go, V::Nothing],
        }
    }
}

/// What the table says to `ask` where the offer stands so.
pub fn judge(ask: Ask, status: OfferStatus) -> Verdict {
    let at = OfferStatus::ALL.iter().position(|known| *known == status);
    ask.row()[at.unwrap_or(0)]
}

/// The table as Markdown: a line per command.
pub fn markdown() -> String {
    let mut text = String::from("| Command | Status |\n|---|---|\n");
    for ask in Ask::ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {ask:?} | {} |", law::cell(&OfferStatus::ALL, &ask.row()));
    }
    text
}
