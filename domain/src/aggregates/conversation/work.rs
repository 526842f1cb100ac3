//! Decisions on what the team does: notes, labels, assignment, lifecycle.

use super::events::ConversationEvent;
use super::handle::Decision;
use super::refusal::ConversationRefusal;
use super::state::{Conversation, ConversationStatus};
use crate::text::trimmed;
use crate::{Directed, Personal, UserId};

/// Longest note, in characters.
const NOTE_MAX: usize = 10_000;
/// Longest label, in characters.
const LABEL_MAX: usize = 40;
/// Most labels of a conversation.
const LABELS_MAX: usize = 50;
/// Longest name of a team, in characters.
const TEAM_MAX: usize = 60;
/// Longest resolution, in characters.
const RESOLUTION_MAX: usize = 500;

impl Conversation {
    pub(super) fn add_note(of: &Directed<()>, body: Personal<String>) -> Decision {
        let fits = |text: &String| !text.trim().is_empty() && text.chars().count() <= NOTE_MAX;
        if !body.reveal().is_some_and(fits) {
            return Err(ConversationRefusal::InvalidNote);
        }
        let (note, author, at) = (of.new_id(0), of.actor.clone(), of.now);
        Ok(vec![ConversationEvent::NoteAdded { note, body, author, at }])
    }

    pub(super) fn add_label(&self, label: &str) -> Decision {
        let label = trimmed(label, LABEL_MAX).ok_or(ConversationRefusal::InvalidLabel)?;
        if self.label_like(&label).is_some() {
            return Ok(vec![]);
        }
        if self.labels.len() >= LABELS_MAX {
            return Err(ConversationRefusal::TooManyLabels);
        }
        let mut labels = self.labels.clone();
        labels.push(label.clone());
        labels.sort_by_key(|label| label.to_lowercase());
        Ok(vec![ConversationEvent::LabelAdded { label, labels }])
    }

    pub(super) fn remove_label(&self, label: &str) -> Decision {
        let label = trimmed(label, LABEL_MAX).ok_or(ConversationRefusal::InvalidLabel)?;
        let Some(label) = self.label_like(&label).cloned() else { return Ok(vec![]) };
        let labels = self.labels.iter().filter(|other| **other != label).cloned().collect();
        Ok(vec![ConversationEvent::LabelRemoved { label, labels }])
    }

    fn label_like(&self, label: &str) -> Option<&String> {
        let wanted = label.to_lowercase();
        self.labels.iter().find(|label| label.to_lowercase() == wanted)
    }

    pub(super) fn assign(&self, agent: Option<UserId>, team: Option<&str>) -> Decision {
        self.not_closed()?;
        let team = match team {
            Some(team) => Some(trimmed(team, TEAM_MAX).ok_or(ConversationRefusal::InvalidTeam)?),
            None => None,
        };
        if agent.is_none() && team.is_none() {
            return Err(ConversationRefusal::AssigneeRequired);
        }
        if (agent, &team) == (self.agent, &self.team) {
            return Ok(vec![]);
        }
        Ok(vec![ConversationEvent::ConversationAssigned {
            agent,
            team,
            previous_agent: self.agent,
            previous_team: self.team.clone(),
        }])
    }

    #[allow(clippy::unnecessary_wraps)] // one shape for all decisions
    pub(super) fn unassign(&self) -> Decision {
        if self.agent.is_none() && self.team.is_none() {
            return Ok(vec![]);
        }
        Ok(vec![ConversationEvent::ConversationUnassigned {
            previous_agent: self.agent,
            previous_team: self.team.clone(),
        }])
    }

    pub(super) fn resolve(&self, of: &Directed<()>, resolution: Option<&str>) -> Decision {
        let resolution = resolution.filter(|text| !text.trim().is_empty());
        let resolution = match resolution {
            Some(text) => {
                Some(trimmed(text, RESOLUTION_MAX).ok_or(ConversationRefusal::InvalidResolution)?)
            }
            None => None,
        };
        match self.status {
            ConversationStatus::Open => Ok(vec![ConversationEvent::ConversationResolved {
                from: self.status,
                resolution,
                at: of.now,
            }]),
            ConversationStatus::Resolved => Ok(vec![]),
            ConversationStatus::Closed => Err(ConversationRefusal::Closed),
        }
    }

    pub(super) fn reopen(&self, of: &Directed<()>) -> Decision {
        match self.status {
            ConversationStatus::Open => Ok(vec![]),
            ConversationStatus::Resolved => Ok(vec![ConversationEvent::ConversationReopened {
                from: self.status,
                inbound: false,
                at: of.now,
            }]),
            ConversationStatus::Closed => Err(ConversationRefusal::Closed),
        }
    }

    #[allow(clippy::unnecessary_wraps)] // one shape for all decisions
    pub(super) fn close(&self, of: &Directed<()>) -> Decision {
        match self.status {
            ConversationStatus::Open | ConversationStatus::Resolved => {
                Ok(vec![ConversationEvent::ConversationClosed { from: self.status, at: of.now }])
            }
            ConversationStatus::Closed => Ok(vec![]),
        }
    }

    #[allow(clippy::unnecessary_wraps)] // one shape for all decisions
    pub(super) fn mark_read(&self, of: &Directed<()>) -> Decision {
        if self.unread == 0 {
            return Ok(vec![]);
        }
        let (reader, unread, at) = (of.actor.clone(), self.unread, of.now);
        Ok(vec![ConversationEvent::ConversationReadByAgent { reader, unread, at }])
    }
}
