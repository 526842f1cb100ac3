//! Coordinates of the log: where an event stands and how a reader says how far it got.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A totally ordered, gapless part of the log. A tenant lives in one lane for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lane(pub i16);

impl Lane {
    /// The lane of the system tenant; locked first by any batch that touches it.
    pub const SYSTEM: Self = Self(0);
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Place of an event in its lane: 1, 2, 3 … without holes, in commit order. 0 is "before the
/// first".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub i64);

impl Position {
    /// Before the first event of a lane.
    pub const START: Self = Self(0);
    /// The next place.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of events in a stream; also the sequence of its last event. 0 is a stream that does
/// not exist.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Version(pub i64);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Generation of the whole log: a new one after a restore, so that cursors, receipts and
/// snapshots from before are refused and not silently misread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub i32);

/// Identity of an aggregate's stream of events.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StreamId {
    /// `DomainAggregate::TYPE`.
    pub aggregate_type: String,
    /// The aggregate's id as text.
    pub aggregate_id: String,
}

impl StreamId {
    /// The stream of one aggregate.
    #[allow(clippy::needless_pass_by_value)] // an id is as good as a text, by value or not
    pub fn new(aggregate_type: impl Into<String>, aggregate_id: impl ToString) -> Self {
        Self { aggregate_type: aggregate_type.into(), aggregate_id: aggregate_id.to_string() }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate_type, self.aggregate_id)
    }
}

/// How far a reader got: epoch, lane and position, as an opaque text for API users
/// (`1-2-4711`). Exclusive: resuming starts behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// Log epoch in which the position was read.
    pub epoch: Epoch,
    /// Lane of the position.
    pub lane: Lane,
    /// Last position seen.
    pub position: Position,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.epoch.0, self.lane.0, self.position.0)
    }
}

/// The text is not a cursor.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a cursor: expected the text of an earlier `cursor` or `position`")]
pub struct InvalidCursor;

impl FromStr for Cursor {
    type Err = InvalidCursor;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '-');
        let mut part = || parts.next().ok_or(InvalidCursor);
        let (epoch, lane, position) = (part()?, part()?, part()?);
        let cursor = Self {
            epoch: Epoch(epoch.parse().map_err(|_| InvalidCursor)?),
            lane: Lane(lane.parse().map_err(|_| InvalidCursor)?),
            position: Position(position.parse().map_err(|_| InvalidCursor)?),
        };
        if cursor.epoch.0 < 0 || cursor.lane.0 < 0 || cursor.position.0 < 0 {
            return Err(InvalidCursor);
        }
        Ok(cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text() {
        let cursor = Cursor { epoch: Epoch(1), lane: Lane(3), position: Position(47) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "1-2", "1-2-x", "1-2--3", "x-1-1", "-1-2-3"] {
            assert_eq!(bad.parse::<Cursor>(), Err(InvalidCursor), "{bad}");
        }
    }
}
