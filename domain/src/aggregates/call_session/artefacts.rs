//! What is left of a call: recordings, words, a judgement. Facts from providers are cut to their
//! bounds instead of refused, since nobody is there who could mend them; what was cut says so.

use serde::{Deserialize, Serialize};

use super::refusal::CallRefusal;
use crate::Personal;
use crate::text::{storable, trimmed};

/// Most turns of a transcript.
const TURNS_MAX: usize = 2_000;
/// Longest transcript, in characters of all turns together.
const TRANSCRIPT_MAX: usize = 200_000;
/// Longest summary, and longest value or rationale, in characters.
const SUMMARY_MAX: usize = 10_000;
const VALUE_MAX: usize = 2_000;
/// Most criteria, and most collected values.
const ITEMS_MAX: usize = 50;
/// Longest name of a criterion or a value, in characters.
const ITEM_NAME_MAX: usize = 100;
/// Longest key of a blob and longest address, in characters.
const BLOB_MAX: usize = 200;
const URL_MAX: usize = 2_048;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Speaker {
    /// Our side: the AI or a person.
    Agent,
    /// The other side.
    Callee,
    /// It cannot be told (a recording on one channel).
    Unknown,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// By whom.
    pub speaker: Speaker,
    /// The words.
    pub text: String,
    /// Seconds since the call was answered.
    pub at_s: i64,
}

/// Where a recording is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordingSource {
    /// In our blob store.
    Stored {
        /// Its key there.
        blob: String,
        /// Size, bytes.
        bytes: i64,
    },
    /// Still at the provider only.
    AtProvider {
        /// Address from which it can be fetched (https).
        url: String,
    },
}

/// A verdict of an analysis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum AnalysisResult {
    Success,
    Failure,
    #[default]
    Unknown,
}

/// Something that the analysis judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// Its name.
    pub id: String,
    /// Was it met?
    pub result: AnalysisResult,
    /// Why.
    pub rationale: Option<Personal<String>>,
}

/// Something that the analysis found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collected {
    /// Its name.
    pub id: String,
    /// The value as text, whatever it was in JSON.
    pub value: String,
    /// Why.
    pub rationale: Option<String>,
}

/// A judgement of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Analysis {
    /// Did it reach what it was for?
    pub success: AnalysisResult,
    /// What it was about.
    pub summary: Option<Personal<String>>,
    /// What was judged, at most 50.
    pub criteria: Vec<Criterion>,
    /// What was found out, at most 50.
    pub collected: Option<Personal<Vec<Collected>>>,
}

/// The turns within their bounds, and whether anything was cut. Turns without words (a tool was
/// called) are none. `None` when there is nothing to keep.
pub(super) fn bounded(turns: Personal<Vec<Turn>>) -> Option<(Personal<Vec<Turn>>, bool)> {
    let (mut left, mut cut, mut kept) = (TRANSCRIPT_MAX, false, Vec::new());
    for turn in turns.reveal()? {
        let words = turn.text.trim();
        if words.is_empty() {
            continue;
        }
        if kept.len() == TURNS_MAX || left == 0 {
            cut = true;
            break;
        }
        let length = words.chars().count();
        let text = short(words, left);
        cut |= length > left;
        left -= length.min(left);
        kept.push(Turn { speaker: turn.speaker, text, at_s: turn.at_s.max(0) });
    }
    (!kept.is_empty()).then(|| (turns.map(|_| kept), cut))
}

impl Analysis {
    /// Within its bounds.
    pub(super) fn bounded(self) -> Self {
        let text = |text: Personal<String>, max| text.map(|text| short(&text, max));
        let criterion = |known: Criterion| Criterion {
            id: short(&known.id, ITEM_NAME_MAX),
            result: known.result,
            rationale: known.rationale.map(|rationale| text(rationale, VALUE_MAX)),
        };
        let collected =
            |known: Vec<Collected>| known.into_iter().take(ITEMS_MAX).map(found).collect();
        Self {
            success: self.success,
            summary: self.summary.map(|summary| text(summary, SUMMARY_MAX)),
            criteria: self.criteria.into_iter().take(ITEMS_MAX).map(criterion).collect(),
            collected: self.collected.map(|all| all.map(collected)),
        }
    }
}

fn found(known: Collected) -> Collected {
    Collected {
        id: short(&known.id, ITEM_NAME_MAX),
        value: short(&known.value, VALUE_MAX),
        rationale: known.rationale.map(|rationale| short(&rationale, VALUE_MAX)),
    }
}

impl RecordingSource {
    /// Within its bounds.
    pub(super) fn check(&self) -> Result<(), CallRefusal> {
        let good = match self {
            Self::Stored { blob, bytes } => {
                *bytes >= 0 && trimmed(blob, BLOB_MAX).as_deref() == Some(blob)
            }
            Self::AtProvider { url } => {
                let visible = |char: char| !char.is_whitespace() && !char.is_control();
                url.starts_with("https://")
                    && url.chars().count() <= URL_MAX
                    && url.chars().all(visible)
            }
        };
        good.then_some(()).ok_or(CallRefusal::InvalidRecording)
    }
}

/// Storable and not endless.
fn short(text: &str, max: usize) -> String {
    storable(text).0.chars().take(max).collect()
}
