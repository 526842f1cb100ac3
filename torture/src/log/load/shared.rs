//! What both processes do at about the same time under the same names.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use bitacora_domain::aggregates::conversation::{AssignedBy, ConversationCommand as C};
use bitacora_domain::{Personal, Subject, Version};
use futures::future::try_join_all;
use rand::Rng as _;

use super::super::wire::Kind;
use super::super::world::{HOT_STREAMS, TENANTS};
use super::conversation::LABELS;
use super::issue::Order;
use super::{Load, Turn};

/// Hot conversations that this child has started or found.
#[derive(Debug, Default)]
pub(super) struct Started(Mutex<HashSet<(u64, u64)>>);

impl Started {
    pub(super) fn seen(&self, tenant: u64, n: u64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&(tenant, n))
    }

    pub(super) fn note(&self, tenant: u64, n: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((tenant, n));
    }
}

impl Load {
    /// The same command twice at once here, and in the other process too.
    pub(super) async fn twins(&self, turn: &mut Turn) -> anyhow::Result<()> {
        let serial = self.tick(40);
        // Everything about it follows from the serial, so that both processes ask the same.
        turn.tenant = serial % TENANTS;
        let stream = serial / TENANTS % HOT_STREAMS;
        let conversation = self.hot_started(turn, stream).await?;
        let contact = self.world.contact(turn.tenant, &format!("stream:{stream}"));
        let order = || Order {
            tenant: turn.tenant,
            command: self.world.command(&format!("twin:{serial}")),
            request: 'a',
            kind: Kind::Twin,
            conversation: conversation.clone(),
            body: C::AddNote {
                body: Personal::new(Subject::contact(contact), format!("gemela {serial}")),
            },
            expected: None,
        };
        futures::try_join!(self.issue(order()), self.issue(order()))?;
        Ok(())
    }

    /// The same id with another request: labels, because each label event tells the whole set
    /// and so on which state it was decided. Bystanders follow at once on the same stream, so
    /// that it is decided on the state that the loser would have left.
    pub(super) async fn mismatch(&self, turn: &mut Turn) -> anyhow::Result<()> {
        let serial = self.tick(60);
        turn.tenant = serial % TENANTS;
        let conversation = self.hot_started(turn, serial / TENANTS % HOT_STREAMS).await?;
        let own = if self.child == 0 { 'a' } else { 'b' };
        let order = |request: char| Order {
            tenant: turn.tenant,
            command: self.world.command(&format!("mismatch:{serial}")),
            request,
            kind: Kind::Mismatch,
            conversation: conversation.clone(),
            body: C::AddLabel { label: format!("mismatch-{request}-{}", serial % 10) },
            expected: None,
        };
        let mut orders = vec![order(own)];
        for _ in 0..2 {
            let label = format!("label-{}", turn.dice.random_range(0..LABELS));
            let body = if turn.dice.random_bool(0.5) {
                C::AddLabel { label }
            } else {
                C::RemoveLabel { label }
            };
            orders.push(self.order(turn.tenant, Kind::Work, &conversation, body));
        }
        if turn.dice.random_bool(0.3) {
            orders.push(order('c'));
        }
        try_join_all(orders.into_iter().map(|order| self.issue(order))).await?;
        Ok(())
    }

    /// Many insist on version 1 of a new conversation; one of them wins.
    pub(super) async fn race(&self, turn: &mut Turn) -> anyhow::Result<()> {
        let serial = self.tick(250);
        turn.tenant = serial % TENANTS;
        let contact = self.world.contact(turn.tenant, &format!("race:{serial}"));
        let conversation = self.world.id(&format!("race:{serial}")).to_string();
        let start = self.start(turn.tenant, contact);
        let mut opening = self.order(turn.tenant, Kind::Twin, &conversation, start);
        opening.command = self.world.command(&format!("race:{serial}"));
        self.issue(opening).await?;
        let runners: Vec<Order> = (0..turn.dice.random_range(2..5))
            .map(|_| {
                let note = Self::note(contact, turn);
                let order = self.order(turn.tenant, Kind::Race, &conversation, note);
                Order { expected: Some(Version(1)), ..order }
            })
            .collect();
        try_join_all(runners.into_iter().map(|order| self.issue(order))).await?;
        Ok(())
    }

    /// What every state refuses, and what a state of a moment ago refuses.
    pub(super) async fn refused(&self, turn: &mut Turn) -> anyhow::Result<()> {
        let (conversation, contact) = self.hot(turn).await?;
        let blank = C::AddNote { body: Personal::new(Subject::contact(contact), "  ".into()) };
        let bodies = [
            blank,
            C::AddLabel { label: "x".repeat(41) },
            C::Assign { agent: None, team: None, by: AssignedBy::User },
            self.start(turn.tenant, self.world.contact(turn.tenant, "nobody")),
        ];
        let [a, b, c, d] = bodies;
        let body = match turn.dice.random_range(0..4) {
            0 => a,
            1 => b,
            2 => c,
            _ => d,
        };
        self.issue(self.order(turn.tenant, Kind::Refused, &conversation, body)).await?;
        Ok(())
    }

    async fn hot_started(&self, turn: &mut Turn, n: u64) -> anyhow::Result<String> {
        let conversation = self.world.hot_stream(turn.tenant, n);
        while !self.started.seen(turn.tenant, n) {
            self.hot(turn).await?;
        }
        Ok(conversation)
    }
}
