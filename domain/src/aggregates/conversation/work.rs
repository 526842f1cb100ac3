//! Decisions on what the team does: notes, labels, assignment, lifecycle.

use super::events::ConversationEvent as E;
use super::handle::Decision;
use super::refusal::ConversationRefusal;
use super::state::Conversation;
use super::vocabulary::{AssignedBy, Priority};
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
/// Longest reason, in characters.
const REASON_MAX: usize = 500;

impl Conversation {
    pub(super) fn add_note(of: &Directed<()>, body: Personal<String>) -> Decision {
        let fits = |text: &String| !text.trim().is_empty() && text.chars().count() <= NOTE_MAX;
        if !body.reveal().is_some_and(fits) {
            return Err(ConversationRefusal::InvalidNote);
        }
        let (note, author, at) = (of.new_id(0), of.actor.clone(), of.now);
        Ok(vec![E::NoteAdded { note, body, author, at }])
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
        Ok(vec![E::LabelAdded { label, labels }])
    }

    pub(super) fn remove_label(&self, label: &str) -> Decision {
        let label = trimmed(label, LABEL_MAX).ok_or(ConversationRefusal::InvalidLabel)?;
        let Some(label) = self.label_like(&label).cloned() else { return Ok(vec![]) };
        let labels = self.labels.iter().filter(|other| **other != label).cloned().collect();
        Ok(vec![E::LabelRemoved { label, labels }])
    }

    fn label_like(&self, label: &str) -> Option<&String> {
        let wanted = label.to_lowercase();
        self.labels.iter().find(|label| label.to_lowercase() == wanted)
    }

    pub(super) fn assign(
        &self,
        agent: Option<UserId>,
        team: Option<&str>,
        by: AssignedBy,
    ) -> Decision {
        let team = match team {
            Some(team) => Some(trimmed(team, TEAM_MAX).ok_or(ConversationRefusal::InvalidTeam)?),
            None => None,
        };
        if agent.is_none() && team.is_none() {
            return Err(ConversationRefusal::AssigneeRequired);
        }
        Ok(self.assigned(agent, team, by).into_iter().collect())
    }

    /// The change of hands, unless they have it already.
    pub(super) fn assigned(
        &self,
        agent: Option<UserId>,
        team: Option<String>,
        by: AssignedBy,
    ) -> Option<E> {
        if (agent, &team) == (self.agent, &self.team) {
            return None;
        }
        let (previous_agent, previous_team) = (self.agent, self.team.clone());
        Some(E::ConversationAssigned { agent, team, previous_agent, previous_team, by })
    }

    pub(super) fn unassign(&self) -> Decision {
        if self.agent.is_none() && self.team.is_none() {
            return Ok(vec![]);
        }
        Ok(vec![E::ConversationUnassigned {
            previous_agent: self.agent,
            previous_team: self.team.clone(),
        }])
    }

    pub(super) fn change_priority(&self, to: Priority) -> Decision {
        let from = self.priority;
        Ok(if from == to { vec![] } else { vec![E::PriorityChanged { from, to }] })
    }

    pub(super) fn resolve(&self, of: &Directed<()>, resolution: Option<&str>) -> Decision {
        let resolution = match resolution.filter(|text| !text.trim().is_empty()) {
            Some(text) => {
                Some(trimmed(text, RESOLUTION_MAX).ok_or(ConversationRefusal::InvalidResolution)?)
            }
            None => None,
        };
        let mut events = self.endings(of);
        events.push(E::ConversationResolved { from: self.status, resolution, at: of.now });
        Ok(events)
    }

    pub(super) fn reopen(&self, of: &Directed<()>) -> Decision {
        Ok(self.needs_open(of))
    }

    pub(super) fn close(&self, of: &Directed<()>) -> Decision {
        let mut events = self.endings(of);
        events.push(E::ConversationClosed { from: self.status, at: of.now });
        Ok(events)
    }

    pub(super) fn mark_read(&self, of: &Directed<()>) -> Decision {
        if self.unread == 0 {
            return Ok(vec![]);
        }
        let (reader, unread, at) = (of.actor.clone(), self.unread, of.now);
        Ok(vec![E::ConversationReadByAgent { reader, unread, at }])
    }
}

/// A reason, trimmed.
pub(super) fn reason(text: &str) -> Result<String, ConversationRefusal> {
    trimmed(text, REASON_MAX).ok_or(ConversationRefusal::InvalidReason)
}
