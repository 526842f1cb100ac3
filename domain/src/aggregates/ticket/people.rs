//! Decisions on who works on it.

use super::events::TicketEvent as E;
use super::refusal::TicketRefusal as No;
use super::run::{Run, Step};
use super::words;
use crate::UserId;
use crate::aggregates::conversation::AssignedBy;
use crate::aggregates::membership::MemberStatus;

/// Longest name of a team, in characters.
const TEAM_MAX: usize = 60;
/// Highest level.
const LEVEL_MAX: u8 = 9;

impl Run<'_> {
    /// Who may not work on tickets is not given any: the membership was looked up.
    pub(super) fn assign(
        &mut self,
        (agent, agent_status): (Option<UserId>, Option<MemberStatus>),
        team: Option<&str>,
        by: AssignedBy,
    ) -> Step {
        let team = words::maybe(team, TEAM_MAX, No::InvalidTeam)?;
        if agent.is_none() && team.is_none() {
            return Err(No::AssigneeRequired);
        }
        if agent.is_some() && agent_status != Some(MemberStatus::Active) {
            return Err(No::AssigneeNotActive);
        }
        let (previous_agent, previous_team) = (self.state.agent, self.state.team.clone());
        if (agent, &team) != (previous_agent, &previous_team) {
            let at = self.of.now;
            self.emit(E::TicketAssigned { agent, team, previous_agent, previous_team, by, at });
        }
        Ok(())
    }

    pub(super) fn unassign(&mut self) {
        let (previous_agent, previous_team) = (self.state.agent, self.state.team.clone());
        if previous_agent.is_some() || previous_team.is_some() {
            self.emit(E::TicketUnassigned { previous_agent, previous_team, at: self.of.now });
        }
    }

    pub(super) fn escalate(&mut self, level: u8, reason: &str) -> Step {
        let (from_level, reason) = (self.state.level, words::reason(reason)?);
        if level > LEVEL_MAX || level <= from_level {
            return Err(No::InvalidEscalation);
        }
        let (by, at) = (self.of.actor.clone(), self.of.now);
        self.emit(E::TicketEscalated { from_level, level, reason, by, at });
        Ok(())
    }
}
