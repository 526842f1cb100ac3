//! What was measured, against what, and whether that is enough.

use serde::Serialize;

/// What a figure must reach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bound {
    /// Ours divided by the peer's.
    RatioAtLeast(f64),
    /// Ours, in its own unit.
    AtMost(f64),
}

impl Bound {
    fn holds(self, line: &Line) -> bool {
        match self {
            Self::RatioAtLeast(least) => line.ratio().is_some_and(|ratio| ratio >= least),
            Self::AtMost(most) => line.ours <= most,
        }
    }

    pub(crate) fn text(self) -> String {
        match self {
            Self::RatioAtLeast(least) => format!("≥ {least}×"),
            Self::AtMost(most) => format!("≤ {most}"),
        }
    }
}

/// What ours is compared with.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Peer {
    /// Its name and its best setting.
    pub(crate) name: String,
    /// Its figure, in the unit of ours; `None` when it could not be measured.
    pub(crate) value: Option<f64>,
}

/// One figure of the table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    /// Id in the design, such as `P1`.
    pub(crate) id: &'static str,
    /// What it is.
    pub(crate) what: String,
    /// Unit of the figures.
    pub(crate) unit: &'static str,
    /// Our figure.
    pub(crate) ours: f64,
    /// What it is compared with, if with anything.
    pub(crate) peer: Option<Peer>,
    /// Ours is a time: the ratio is the peer's divided by ours.
    pub(crate) less_is_better: bool,
    /// What it should reach.
    pub(crate) target: Bound,
    /// Below this the work is not done.
    pub(crate) floor: Option<Bound>,
    /// What limits the figure or the comparison, in words.
    pub(crate) notes: Vec<String>,
    /// Everything else that was measured on the way.
    pub(crate) details: serde_json::Value,
}

/// Whether a figure is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// The target is met.
    Met,
    /// The target is missed; a hard floor, if there is one, is held.
    Missed,
    /// Below the hard floor.
    BelowFloor,
    /// The peer is not there: nothing can be said.
    NoPeer,
}

impl Verdict {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "MISSED",
            Self::BelowFloor => "BELOW FLOOR",
            Self::NoPeer => "no peer",
        }
    }
}

impl Line {
    /// A figure that needs no peer.
    pub(crate) fn limit(
        id: &'static str,
        what: &str,
        unit: &'static str,
        ours: f64,
        at_most: f64,
    ) -> Self {
        Self {
            id,
            what: what.to_owned(),
            unit,
            ours,
            peer: None,
            less_is_better: true,
            target: Bound::AtMost(at_most),
            floor: None,
            notes: Vec::new(),
            details: serde_json::Value::Null,
        }
    }

    /// A rate beside a peer's.
    pub(crate) fn rate(
        id: &'static str,
        what: &str,
        unit: &'static str,
        ours: f64,
        peer: Peer,
        (target, floor): (f64, Option<f64>),
    ) -> Self {
        Self {
            peer: Some(peer),
            less_is_better: false,
            target: Bound::RatioAtLeast(target),
            floor: floor.map(Bound::RatioAtLeast),
            ..Self::limit(id, what, unit, ours, 0.0)
        }
    }

    /// With what else was measured.
    pub(crate) fn with(mut self, details: serde_json::Value) -> Self {
        self.details = details;
        self
    }

    /// With a remark that belongs beside the figure.
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// How many times better than the peer we are.
    pub(crate) fn ratio(&self) -> Option<f64> {
        let peer = self.peer.as_ref()?.value?;
        let (up, down) = if self.less_is_better { (peer, self.ours) } else { (self.ours, peer) };
        (down > 0.0).then_some(up / down)
    }

    pub(crate) fn verdict(&self) -> Verdict {
        let compares = matches!(self.target, Bound::RatioAtLeast(_));
        if compares && self.ratio().is_none() {
            Verdict::NoPeer
        } else if self.floor.is_some_and(|floor| !floor.holds(self)) {
            Verdict::BelowFloor
        } else if self.target.holds(self) {
            Verdict::Met
        } else {
            Verdict::Missed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(ours: f64, peer: Option<f64>) -> Line {
        let peer = Peer { name: "peer".to_owned(), value: peer };
        Line::rate("P1", "work", "1/s", ours, peer, (5.0, Some(3.0)))
    }

    #[test]
    fn target_and_floor_are_told_apart() {
        assert_eq!(line(5_000.0, Some(1_000.0)).verdict(), Verdict::Met);
        assert_eq!(line(4_999.0, Some(1_000.0)).verdict(), Verdict::Missed);
        assert_eq!(line(2_999.0, Some(1_000.0)).verdict(), Verdict::BelowFloor);
        assert_eq!(line(5_000.0, None).verdict(), Verdict::NoPeer);
        assert_eq!(line(5_000.0, Some(0.0)).verdict(), Verdict::NoPeer);
    }

    #[test]
    fn of_times_the_shorter_one_is_the_better_one() {
        let mut line = Line::limit("P11", "load", "ms", 2.0, 2.0);
        assert_eq!(line.verdict(), Verdict::Met);
        line.ours = 2.1;
        assert_eq!(line.verdict(), Verdict::Missed);
        line.peer = Some(Peer { name: "replay".to_owned(), value: Some(42.0) });
        line.target = Bound::RatioAtLeast(20.0);
        assert_eq!((line.ratio(), line.verdict()), (Some(20.0), Verdict::Met));
    }
}
