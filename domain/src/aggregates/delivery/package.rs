//! What is handed over.

use serde::{Deserialize, Serialize};

use crate::aggregates::lead::{LeadAnswer, LeadPerson};
use crate::{ContactId, LeadId, OfferId, Personal, Veil};

/// What a target is told of a lead. In events it is veiled; in the effect that a worker gets it
/// is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadPackage {
    /// The lead.
    pub lead: LeadId,
    /// Who it is.
    pub contact: ContactId,
    /// What they want.
    pub offer: OfferId,
    /// Name, telephone and what else the form told.
    pub person: LeadPerson,
    /// What they answered, a question each.
    pub answers: Vec<Personal<LeadAnswer>>,
    /// Points of 100, when it was scored.
    pub total: Option<i64>,
}

impl LeadPackage {
    pub(crate) fn veiled(self) -> Self {
        let veil = Veil::lead(self.lead);
        let answers = self.answers.into_iter().map(|answer| answer.veiled(veil.clone())).collect();
        Self { person: self.person.veiled(&veil), answers, ..self }
    }

    pub(crate) fn unveiled(self) -> Self {
        let answers = self.answers.into_iter().map(Personal::unveiled).collect();
        Self { person: self.person.unveiled(), answers, ..self }
    }
}
