//! What a contact wants and allows, of which the last word counts.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The last word about something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) yes: bool,
    pub(super) at: DateTime<Utc>,
}

/// Is `yes`, said at `at`, news after the `last` word? Facts may come in any order: what was said
/// before the last word is none, and neither is taking back what was never given.
pub(super) fn is_news(last: Option<&Said>, yes: bool, at: DateTime<Utc>) -> bool {
    last.map_or(yes, |last| last.yes != yes && at >= last.at)
}
