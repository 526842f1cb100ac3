//! One batch of deliveries: facts, partitions, routing, settling.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bitacora_domain::{ChannelAccountId, TenantId};
use futures::{FutureExt as _, StreamExt as _, stream};

use super::failure::Failure;
use super::fate::Ending;
use super::job::{Delivery, Item, Job, Place};
use super::router::Verdict;
use super::{Inner, backoff};
use crate::ports::{FactFate, InboxError, InboxRow, PendingState, Settled};
use crate::sources::{self, Arrival, Fact, FactKind};

impl Inner {
    pub(super) async fn work(&self) -> Result<usize, InboxError> {
        let rows = self.inbox.claim(self.options.batch, self.options.lease).await?;
        let count = rows.len();
        if count == 0 {
            return Ok(0);
        }
        let mut items = Vec::new();
        let mut deliveries = Vec::new();
        for row in rows {
            match sources::find(&row.source) {
                Some(source) => {
                    let arrival = Arrival::again(&row.request, &row.body, row.received_at);
                    let facts = facts(source, &arrival);
                    let delivery = Arc::new(delivery(row, source));
                    deliveries.push((Arc::clone(&delivery), facts.len()));
                    items.extend((0..).zip(facts).map(|(ordinal, fact)| Item {
                        delivery: Arc::clone(&delivery),
                        ordinal,
                        fact,
                    }));
                }
                // an older process claimed what a newer one stored: leave it to that one
                None => self.give_back(row.id, row.attempts, "UNKNOWN_SOURCE").await?,
            }
        }
        let endings = self.route_all(items).await;
        self.settle(deliveries, endings).await?;
        Ok(count)
    }

    /// Routes every fact, persons side by side.
    async fn route_all(&self, items: Vec<Item>) -> Vec<(Item, Ending)> {
        stream::iter(partitions(items, Item::partition))
            .map(|partition| self.route_partition(partition))
            .buffer_unordered(self.options.concurrency.max(1))
            .collect::<Vec<_>>()
            .await
            .into_iter()
            .flatten()
            .collect()
    }

    /// Routes the facts of one person in order. After one that must be tried again the rest is
    /// not tried, so that their order stays.
    async fn route_partition(&self, items: Vec<Item>) -> Vec<(Item, Ending)> {
        let mut endings = Vec::with_capacity(items.len());
        let mut again = None;
        for item in items {
            let ending = match again {
                Some(code) => Ending::Again(code),
                None => self.route(&item).await,
            };
            if let Ending::Again(code) = &ending {
                again = Some(*code);
            }
            endings.push((item, ending));
        }
        endings
    }

    /// Routes one fact. A panic costs this fact only.
    pub(super) async fn route(&self, item: &Item) -> Ending {
        let caught = AssertUnwindSafe(self.route_fact(item)).catch_unwind().await;
        let ending = caught.unwrap_or_else(|_| item.failed(None, &Failure::Stuck("PANICKED")));
        let fate = match &ending {
            Ending::Again(_) => "again",
            Ending::Settled(fates) => match fates.first() {
                None | Some(FactFate::Done) => "done",
                Some(FactFate::Kept(_)) => "kept",
                Some(FactFate::Odd(_)) => "odd",
            },
        };
        metrics::counter!(
            "bitacora_ingest_facts_total",
            "kind" => item.fact.kind.name(), "fate" => fate
        )
        .increment(1);
        ending
    }

    async fn route_fact(&self, item: &Item) -> Ending {
        let keep = |kept| Ending::Settled(vec![FactFate::Kept(kept)]);
        let place = match self.router.place(item).await {
            Ok(place) => place,
            Err(failure) => return item.failed(None, &failure),
        };
        let at = match &place {
            Place::Of { tenant, channel } => Some((*tenant, *channel)),
            Place::Unconnected | Place::Waits { .. } => None,
        };
        let (fact, tenant, now) = (&item.fact, at.map(|(tenant, _)| tenant), self.now());
        match &fact.kind {
            FactKind::Unparsable => return Ending::Settled(vec![item.odd(None, "unparsable")]),
            FactKind::Ignored { reason } => {
                return keep(item.kept(tenant, PendingState::Ignored, reason));
            }
            FactKind::Message { .. }
            | FactKind::Echo { .. }
            | FactKind::Reaction { .. }
            | FactKind::Edit { .. }
            | FactKind::Revoke { .. }
            | FactKind::Status { .. }
            | FactKind::IdentityChanged { .. }
            | FactKind::Preference { .. }
            | FactKind::Call(_)
            | FactKind::Order(_)
            | FactKind::Lead(_) => {}
        }
        match (place, &fact.account) {
            (Place::Of { tenant, channel }, _) => self.route_to(item, tenant, channel).await,
            (Place::Waits { on }, _) => keep(item.waiting(None, on, "TARGET_UNKNOWN", now)),
            (Place::Unconnected, Some(account)) => keep(item.unroutable(account, now)),
            (Place::Unconnected, None) => keep(item.kept(None, PendingState::Failed, "NO_ACCOUNT")),
        }
    }

    /// Routes a fact whose tenant is known.
    async fn route_to(
        &self,
        item: &Item,
        tenant: TenantId,
        channel: Option<ChannelAccountId>,
    ) -> Ending {
        let (fact, of) = (&item.fact, Some(tenant));
        let keep = |kept| Ending::Settled(vec![FactFate::Kept(kept)]);
        // A banned tenant's inbound is turned away; a suspended one's is still recorded. Money
        // that was taken or given back is recorded whoever it is.
        if !matches!(fact.kind, FactKind::Order(_)) {
            match self.router.bus.accepts_inbound(tenant).await {
                Ok(true) => {}
                Ok(false) => return keep(item.kept(of, PendingState::Ignored, "TENANT_BANNED")),
                Err(error) => return item.failed(of, &error.into()),
            }
        }
        let Ok(fingerprint) = self.router.bus.key().fingerprint(&fact.raw) else {
            return keep(item.kept(of, PendingState::Failed, "NOT_CANONICAL"));
        };
        match self.router.act(&Job { item, tenant, channel, fingerprint }).await {
            Ok(Verdict::Done { releases }) => {
                for what in releases {
                    self.release(what);
                }
                let replaced = fact.repaired.then(|| item.odd(of, "replaced_characters"));
                Ending::Settled(replaced.into_iter().collect())
            }
            Ok(Verdict::Waits { on }) => keep(item.waiting(of, on, "TARGET_UNKNOWN", self.now())),
            Err(failure) => item.failed(of, &failure),
        }
    }

    /// Settles deliveries whose facts all ended; gives the others back.
    async fn settle(
        &self,
        deliveries: Vec<(Arc<Delivery>, usize)>,
        endings: Vec<(Item, Ending)>,
    ) -> Result<(), InboxError> {
        let mut fates: HashMap<_, Result<Vec<FactFate>, &'static str>> = HashMap::new();
        for (item, ending) in endings {
            let of = fates.entry(item.delivery.id).or_insert_with(|| Ok(Vec::new()));
            match (of, ending) {
                (Ok(all), Ending::Settled(mut more)) => all.append(&mut more),
                (of @ Ok(_), Ending::Again(code)) => *of = Err(code),
                (Err(_), _) => {}
            }
        }
        let (mut settled, mut given_back) = (Vec::new(), Vec::new());
        for (delivery, facts) in deliveries {
            match fates.remove(&delivery.id).unwrap_or_else(|| Ok(Vec::new())) {
                Ok(exceptions) => settled.push(Settled {
                    id: delivery.id,
                    facts: i32::try_from(facts).unwrap_or(i32::MAX),
                    exceptions,
                }),
                Err(code) => given_back.push((delivery, code)),
            }
        }
        if !settled.is_empty() {
            self.inbox.settle(settled).await?;
        }
        for (delivery, code) in given_back {
            self.give_back(delivery.id, delivery.attempts, code).await?;
        }
        Ok(())
    }

    async fn give_back(
        &self,
        id: uuid::Uuid,
        attempts: i32,
        reason: &str,
    ) -> Result<(), InboxError> {
        tracing::warn!(delivery = %id, reason, attempts, "delivery given back");
        let at = self.now() + backoff::DELIVERY.after(attempts);
        self.inbox.postpone(id, at, reason).await
    }
}

fn delivery(row: InboxRow, source: &'static dyn sources::WebhookSource) -> Delivery {
    Delivery {
        id: row.id,
        source,
        received_at: row.received_at,
        traceparent: row.traceparent,
        attempts: row.attempts,
    }
}

/// The facts of a request. A source that panics costs this delivery and not the worker: its body is
/// kept, and recorded as one that cannot be read.
pub(super) fn facts(
    source: &'static dyn sources::WebhookSource,
    arrival: &Arrival<'_>,
) -> Vec<Fact> {
    std::panic::catch_unwind(AssertUnwindSafe(|| source.facts(arrival))).unwrap_or_else(|_| {
        tracing::error!(source = source.name(), "a source panicked over a request");
        vec![Fact {
            key: format!("{}:panicked", source.name()),
            account: None,
            at: None,
            raw: serde_json::Value::Null,
            repaired: false,
            kind: FactKind::Unparsable,
        }]
    })
}

/// Items by partition; the order within each, and of the partitions' first items, stays.
pub(super) fn partitions<T>(
    items: Vec<T>,
    partition: impl Fn(&T) -> (String, String),
) -> Vec<Vec<T>> {
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    let mut partitions: Vec<Vec<T>> = Vec::new();
    for item in items {
        match places.entry(partition(&item)) {
            Entry::Occupied(place) => {
                if let Some(partition) = partitions.get_mut(*place.get()) {
                    partition.push(item);
                }
            }
            Entry::Vacant(place) => {
                place.insert(partitions.len());
                partitions.push(vec![item]);
            }
        }
    }
    partitions
}
