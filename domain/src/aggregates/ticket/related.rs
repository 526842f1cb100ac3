//! Decisions on what belongs to it: tickets that come from it, and links.

use uuid::Uuid;

use super::TicketCategory;
use super::events::TicketEvent as E;
use super::open::SUBJECT_MAX;
use super::refusal::TicketRefusal as No;
use super::run::{Run, Step};
use super::vocabulary::TicketLinkKind;
use super::words;
use crate::aggregates::conversation::Priority;
use crate::{Personal, TicketId};

/// Most links of a ticket.
const LINKS_MAX: usize = 100;

/// What a ticket that comes from this one is about.
pub(super) struct Child {
    pub(super) subject: Personal<String>,
    pub(super) category: Option<TicketCategory>,
    pub(super) priority: Option<Priority>,
}

impl Run<'_> {
    pub(super) fn split(&mut self, child: &Child) -> Step {
        let (into, at) = (TicketId::new(self.of.new_id(0)), self.of.now);
        let (subject, category, priority) = self.born(child)?;
        self.emit(E::TicketSplit { into, subject, category, priority, at });
        Ok(())
    }

    pub(super) fn create_follow_up(&mut self, child: &Child) -> Step {
        if self.state.follow_up.is_some() {
            return Err(No::FollowUpExists);
        }
        let (follow_up, at) = (TicketId::new(self.of.new_id(0)), self.of.now);
        let (subject, category, priority) = self.born(child)?;
        self.emit(E::TicketFollowUpCreated { follow_up, subject, category, priority, at });
        Ok(())
    }

    fn born(&self, child: &Child) -> Result<(Personal<String>, TicketCategory, Priority), No> {
        let subject = words::personal(&child.subject, SUBJECT_MAX).ok_or(No::InvalidSubject)?;
        let category = child.category.or(self.state.category).ok_or(No::NotFound)?;
        Ok((subject, category, child.priority.unwrap_or(self.state.priority)))
    }

    pub(super) fn link(&mut self, kind: TicketLinkKind, id: Uuid) -> Step {
        if self.state.links.len() >= LINKS_MAX {
            return Err(No::TooManyLinks);
        }
        self.emit(E::TicketLinked { kind, id, at: self.of.now });
        Ok(())
    }
}
