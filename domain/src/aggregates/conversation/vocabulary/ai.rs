//! What the AI says and proposes, and what people make of it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Personal;
use crate::aggregates::tenant::{AiMode, TriageCategory};

/// Where a suggestion stands (aggregates §2.8); each but the first is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names say it
pub enum SuggestionStatus {
    Proposed,
    Approved,
    Rejected,
    Superseded,
    Expired,
}

/// A source that a suggestion cites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// The document.
    pub document: Uuid,
    /// Title as shown.
    pub title: String,
    /// Which part of it.
    pub chunk: Option<i64>,
}

/// An action that the AI proposes (X-CS-2: `request_tracking_number`, `create_ticket` …).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedAction {
    /// Its id within the conversation, made from the command's id.
    pub action: Uuid,
    /// What to do.
    pub kind: String,
    /// Its arguments as JSON text; they may name the contact.
    pub arguments: Option<Personal<String>>,
}

/// What triage said of a message (CS-5, X-CS-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triage {
    /// Category.
    pub category: TriageCategory,
    /// Intent, such as `query_price` (CHATI-19).
    pub intent: Option<String>,
    /// Confidence, basis points.
    pub confidence_bp: i64,
    /// Data that is needed and was not given.
    pub missing_fields: Vec<String>,
    /// `positive`, `neutral` or `negative`.
    pub sentiment: Option<String>,
    /// The model, such as `llama-3.3-70b`.
    pub model: String,
    /// Version of the prompt.
    pub prompt_version: String,
    /// Tokens used.
    pub tokens: i64,
}

/// The tenant's rules for the AI, as they were when the triage was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AiPolicy {
    /// How far the AI may go by itself.
    pub mode: AiMode,
    /// Categories in which it may.
    pub autopilot: std::collections::BTreeSet<TriageCategory>,
    /// Confidence from which it is believed, basis points.
    pub threshold_bp: i64,
}

/// Why a person must look at what the AI would say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApprovalReason {
    /// The tenant's AI only suggests.
    Assisted,
    /// The category is not one of autopilot's.
    Category,
    /// The category is one of high risk (CS-38).
    HighRisk,
    /// A hand-off is under way.
    Handoff,
    /// The AI is paused here.
    Paused,
    /// The contact opted out.
    OptedOut,
    /// The service window is closed.
    WindowClosed,
}
