//! The words in which the table of an aggregate speaks: what a state says to a command. A
//! decision consults the table before anything else, the documentation is rendered from it, and
//! a test holds every cell against what happens.

use std::fmt::Debug;

use crate::DomainError;

/// What a value of a dimension says to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<R> {
    /// Nothing against it.
    Go,
    /// It has no meaning here (a late timer, what is so already): accepted, no event.
    Nothing,
    /// Refused.
    Refuse(R),
}

impl<R: DomainError + Copy> Verdict<R> {
    /// The refusal's code, if there is one.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::Go | Self::Nothing => None,
            Self::Refuse(refusal) => Some(refusal.code()),
        }
    }
}

/// The first of `said` that does not let the command through; else it goes.
pub fn first<R: Copy + PartialEq>(said: impl IntoIterator<Item = Verdict<R>>) -> Verdict<R> {
    said.into_iter().find(|verdict| *verdict != Verdict::Go).unwrap_or(Verdict::Go)
}

/// A cell of the rendered table: `✓` when every value says go; else what they say, each verdict
/// with its values. Values and verdicts are in the same order.
pub fn cell<T: Debug, R: DomainError + Copy + PartialEq>(
    values: &[T],
    verdicts: &[Verdict<R>],
) -> String {
    let mut groups: Vec<(Verdict<R>, Vec<String>)> = Vec::new();
    for (value, verdict) in values.iter().zip(verdicts) {
        let name = format!("{value:?}");
        match groups.iter_mut().find(|(known, _)| known == verdict) {
            Some((_, names)) => names.push(name),
            None => groups.push((*verdict, vec![name])),
        }
    }
    if let [(Verdict::Go, _)] = groups.as_slice() {
        return "✓".to_owned();
    }
    let said = |(verdict, names): &(Verdict<R>, Vec<String>)| {
        let names = names.join(", ");
        match verdict {
            Verdict::Go => format!("{names} ✓"),
            Verdict::Nothing => format!("{names} –"),
            Verdict::Refuse(_) => format!("{names} `{}`", verdict.code().unwrap_or_default()),
        }
    };
    groups.iter().map(said).collect::<Vec<_>>().join("; ")
}
