//! Trying kept facts again: those that are due, and those whose reason has gone.

use std::sync::Arc;

use futures::{StreamExt as _, stream};

use super::Inner;
use super::backoff;
use super::fate::Ending;
use super::job::{Delivery, Item};
use crate::ports::{FactFate, InboxError, PendingFact};
use crate::sources;

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
        // More of them wait than were claimed: ask again.
        if i64::try_from(due.len()).is_ok_and(|count| count >= options.batch) {
            self.release_all(released);
        }
        let count = due.len();
        let results: Vec<Result<(), InboxError>> = stream::iter(due)
            .map(|fact| self.retry_one(fact))
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

    async fn retry_one(&self, kept: PendingFact) -> Result<(), InboxError> {
        let Some(item) = item(&kept) else {
            // another release of the program reads the body in another way
            let next = PendingFact { reason: "FACT_NOT_IN_BODY".to_owned(), ..self.later(&kept) };
            return self.inbox.resolve(&kept, FactFate::Kept(next)).await;
        };
        match self.route(&item).await {
            Ending::Settled(fates) => {
                // At most one of them decides; `Done` when there is none.
                let fate = fates.into_iter().next().unwrap_or(FactFate::Done);
                self.inbox.resolve(&kept, fate).await
            }
            Ending::Again(code) => {
                let next = PendingFact { reason: code.to_owned(), ..self.later(&kept) };
                self.inbox.resolve(&kept, FactFate::Kept(next)).await
            }
        }
    }

    fn later(&self, kept: &PendingFact) -> PendingFact {
        let next_attempt_at = Some(self.now() + backoff::FACT.after(kept.attempts));
        PendingFact { next_attempt_at, body: Vec::new(), ..kept.clone() }
    }
}

/// The fact in its delivery's body.
fn item(kept: &PendingFact) -> Option<Item> {
    let source = sources::find(&kept.source)?;
    let ordinal = usize::try_from(kept.ordinal).ok()?;
    let fact = source.facts(&kept.body).into_iter().nth(ordinal)?;
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
