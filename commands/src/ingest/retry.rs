//! Trying kept facts again: those that are due, and those whose reason has gone.

use std::sync::Arc;

use futures::{StreamExt as _, stream};

use super::Inner;
use super::backoff;
use super::batch::{facts, partitions};
use super::fate::Ending;
use super::job::{Delivery, Item};
use crate::ports::{FactFate, InboxError, PendingFact};
use crate::sources::{self, Arrival, RequestParts};

impl Inner {
    pub(super) async fn retry(&self) -> Result<usize, InboxError> {
        let released = self.take_released();
        let options = &self.options;
        let due = self.inbox.due(self.now(), &released, options.batch, options.lease).await;
        let due = match due {
            Ok(due) => due,
            Err(error) => {
                self.release_all(released);
                return Err(error);
            }
        };
        let count = due.len();
        let (mut work, mut strange) = (Vec::new(), Vec::new());
        for kept in due {
            match item(&kept) {
                Some(item) => work.push((kept, item)),
                None => strange.push(kept),
            }
        }
        for kept in strange {
            // another release of the program reads the body in another way
            self.keep_on(&kept, "FACT_NOT_IN_BODY").await?;
        }
        // Persons side by side, the facts of one in order: like those of fresh deliveries.
        let results: Vec<Result<(), InboxError>> =
            stream::iter(partitions(work, |(_, item)| item.partition()))
                .map(|partition| self.retry_partition(partition))
                .buffer_unordered(options.concurrency.max(1))
                .collect()
                .await;
        results.into_iter().collect::<Result<(), InboxError>>()?;
        Ok(count)
    }

    fn release_all(&self, released: Vec<String>) {
        for what in released {
            self.release(what);
        }
    }

    /// Tries the facts of one person in order; after one that must be tried again the rest is
    /// not tried.
    async fn retry_partition(&self, facts: Vec<(PendingFact, Item)>) -> Result<(), InboxError> {
        let mut again = None;
        for (kept, item) in facts {
            let ending = match again {
                Some(code) => Ending::Again(code),
                None => self.route(&item).await,
            };
            match ending {
                Ending::Settled(fates) => {
                    // At most one of them decides; `Done` when there is none.
                    let fate = fates.into_iter().next().unwrap_or(FactFate::Done);
                    self.inbox.resolve(&kept, fate).await?;
                }
                Ending::Again(code) => {
                    again = Some(code);
                    self.keep_on(&kept, code).await?;
                }
            }
        }
        Ok(())
    }

    async fn keep_on(&self, kept: &PendingFact, reason: &str) -> Result<(), InboxError> {
        let next = PendingFact {
            reason: reason.to_owned(),
            next_attempt_at: Some(self.now() + backoff::FACT.after(kept.attempts)),
            body: Vec::new(),
            request: RequestParts::default(),
            ..kept.clone()
        };
        self.inbox.resolve(kept, FactFate::Kept(next)).await
    }
}

/// The fact in its delivery's body.
fn item(kept: &PendingFact) -> Option<Item> {
    let source = sources::find(&kept.source)?;
    let ordinal = usize::try_from(kept.ordinal).ok()?;
    let arrival = Arrival::again(&kept.request, &kept.body, kept.received_at);
    let fact = facts(source, &arrival).into_iter().nth(ordinal)?;
    let delivery = Delivery {
        id: kept.delivery,
        source,
        received_at: kept.received_at,
        traceparent: None,
        attempts: kept.attempts,
    };
    (fact.key == kept.key).then(|| Item {
        delivery: Arc::new(delivery),
        ordinal: kept.ordinal,
        fact,
    })
}
