//! What a contact wants and allows, of which the last word counts.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A word about something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) yes: bool,
    pub(super) at: DateTime<Utc>,
}

/// Is `new` said before the `last` word, and only heard after it? `None` when it is the last word
/// again. Of two that were said at the same moment the careful one counts, whichever came first.
///
/// Words may come in any order, so each of them is kept, also one that says nothing else than the
/// last: it may be what stands after a word in between that is still to come.
pub(super) fn is_late(last: Option<&Said>, new: Said, careful: bool) -> Option<bool> {
    let Some(last) = last else { return Some(false) };
    let weight = |said: &Said| (said.at, said.yes == careful);
    (*last != new).then_some(weight(&new) < weight(last))
}
