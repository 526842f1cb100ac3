//! What a reactor says to an event: effects, and notes for later.

use std::collections::BTreeMap;

use bitacora_domain::{DecodeError, DomainAggregate, Effect, TenantId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

/// An event that a reactor cannot take.
#[derive(Debug, thiserror::Error)]
pub enum ReactorFault {
    /// The event cannot be read as one of today.
    #[error(transparent)]
    Undecodable(#[from] DecodeError),
    /// The id of the stream is not what its aggregate uses.
    #[error("the stream's id is not one of its aggregate: {0}")]
    StreamId(String),
}

impl ReactorFault {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Undecodable(_) => "EVENT_UNDECODABLE",
            Self::StreamId(_) => "STREAM_ID_INVALID",
        }
    }
}

/// What a reactor asks of its notes: which ids belong to `key` under `topic`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Question {
    /// The relation, such as `leads` (of a contact).
    pub topic: &'static str,
    /// Of what.
    pub key: Uuid,
}

/// An id that belongs to a key, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The id.
    pub value: Uuid,
    /// When the event that said so was recorded.
    pub at: DateTime<Utc>,
}

/// What is written down for later. A tenant lives in one lane, so at any event the notes hold
/// what all of the tenant's events before it said, and nothing of those after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// `value` belongs to `key` from now on.
    Put {
        /// The relation.
        topic: &'static str,
        /// Of what.
        key: Uuid,
        /// The id.
        value: Uuid,
    },
    /// `value` belongs to nothing any more.
    Drop {
        /// The relation.
        topic: &'static str,
        /// The id.
        value: Uuid,
    },
    /// Nothing belongs to `key` any more.
    Clear {
        /// The relation.
        topic: &'static str,
        /// Of what.
        key: Uuid,
    },
    /// What belonged to `from` belongs to `to`. The reactor asks for both.
    Move {
        /// The relation.
        topic: &'static str,
        /// The key before.
        from: Uuid,
        /// The key afterwards.
        to: Uuid,
    },
    /// `value` belongs to the same key, but under another relation and from now on.
    Change {
        /// The relation before.
        from: &'static str,
        /// The relation afterwards.
        to: &'static str,
        /// The id.
        value: Uuid,
    },
    /// `with` takes the place of `value`.
    Replace {
        /// The relation.
        topic: &'static str,
        /// The id before.
        value: Uuid,
        /// The id afterwards.
        with: Uuid,
    },
}

/// The answers to a reactor's questions about one tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known(BTreeMap<(TenantId, &'static str, Uuid), Vec<Noted>>);

impl Known {
    /// Adds an answer; without one, a question is answered by "nothing".
    pub fn learn(&mut self, tenant: TenantId, question: Question, noted: Option<Noted>) {
        let known = self.0.entry((tenant, question.topic, question.key)).or_default();
        known.extend(noted);
        // One order for all readers, so that effects get the same numbers whoever reacts.
        known.sort_by_key(|noted| (noted.at, noted.value));
    }

    /// What belongs to `key`, the oldest first.
    pub fn of(&self, tenant: TenantId, topic: &'static str, key: Uuid) -> &[Noted] {
        self.0.get(&(tenant, topic, key)).map_or(&[], Vec::as_slice)
    }

    /// Follows a note that was made at `at`, for the events behind it in the same batch.
    pub(super) fn follow(&mut self, tenant: TenantId, note: &Note, at: DateTime<Utc>) {
        match *note {
            Note::Put { topic, key, value } => self.put((tenant, topic, key), Noted { value, at }),
            Note::Drop { topic, value } => {
                self.take(tenant, topic, value);
            }
            Note::Clear { topic, key } => self.clear((tenant, topic, key)),
            Note::Move { topic, from, to } => {
                let moved = self.of(tenant, topic, from).to_vec();
                self.clear((tenant, topic, from));
                for noted in moved {
                    self.put((tenant, topic, to), noted);
                }
            }
            Note::Change { from, to, value } => {
                for key in self.take(tenant, from, value) {
                    self.put((tenant, to, key), Noted { value, at });
                }
            }
            Note::Replace { topic, value, with } => {
                for key in self.take(tenant, topic, value) {
                    self.put((tenant, topic, key), Noted { value: with, at });
                }
            }
        }
    }

    /// Only what was asked for is known.
    fn put(&mut self, at: (TenantId, &'static str, Uuid), noted: Noted) {
        if let Some(known) = self.0.get_mut(&at)
            && known.iter().all(|known| known.value != noted.value)
        {
            known.push(noted);
            known.sort_by_key(|noted| (noted.at, noted.value));
        }
    }

    fn clear(&mut self, at: (TenantId, &'static str, Uuid)) {
        if let Some(known) = self.0.get_mut(&at) {
            known.clear();
        }
    }

    /// Takes a value away, and tells from which keys.
    fn take(&mut self, tenant: TenantId, topic: &'static str, value: Uuid) -> Vec<Uuid> {
        let mut keys = Vec::new();
        for ((of, on, key), known) in &mut self.0 {
            let before = known.len();
            if (*of, *on) == (tenant, topic) {
                known.retain(|noted| noted.value != value);
            }
            if known.len() < before {
                keys.push(*key);
            }
        }
        keys
    }
}

/// Effects of the event's tenant that put themselves off, and whose reason may be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wake {
    /// Their kind.
    pub kind: &'static str,
    /// The code with which they put themselves off.
    pub code: &'static str,
}

/// What a reactor says to one event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reaction {
    /// What is to be done. The id of the `n`-th is UUIDv5(event id, `<reactor>:<n>`).
    pub effects: Vec<Effect>,
    /// What is to be remembered.
    pub notes: Vec<Note>,
    /// What need not wait any longer.
    pub wakes: Vec<Wake>,
}

impl Reaction {
    /// Nothing.
    pub const NONE: Self = Self { effects: Vec::new(), notes: Vec::new(), wakes: Vec::new() };

    /// Adds an effect.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    /// Adds effects.
    #[must_use]
    pub fn effects(mut self, effects: impl IntoIterator<Item = Effect>) -> Self {
        self.effects.extend(effects);
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: Note) -> Self {
        self.notes.push(note);
        self
    }

    /// Wakes what put itself off for a reason that may be gone.
    #[must_use]
    pub fn wake(mut self, wake: Wake) -> Self {
        self.wakes.push(wake);
        self
    }
}

/// A command that a reactor gives: by whom, in which line, and whether a refusal is an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given {
    /// Name of the reactor: the actor of the events that follow.
    pub(super) by: &'static str,
    /// A refusal is a dead letter, for somebody to look at; else the aggregate has moved on and
    /// nobody minds.
    pub(super) must: bool,
}

impl Given {
    /// The effect that gives `body` to an aggregate; what is in one `line` is done in order.
    pub(super) fn command<A: DomainAggregate>(
        self,
        aggregate_id: impl ToString,
        body: &A::Body,
        line: String,
    ) -> Effect {
        let mut effect = Effect::command::<A>(aggregate_id, body, None);
        if let Value::Object(payload) = &mut effect.payload {
            payload.insert("by".to_owned(), self.by.into());
            payload.insert("must".to_owned(), self.must.into());
        }
        Effect { serial: Some(line), ..effect }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: TenantId = TenantId::new(Uuid::from_u128(1));

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn known(topic: &'static str, key: u128, values: &[u128]) -> Known {
        let mut known = Known::default();
        known.learn(TENANT, Question { topic, key: id(key) }, None);
        for value in values {
            let noted = Noted { value: id(*value), at: DateTime::UNIX_EPOCH };
            known.learn(TENANT, Question { topic, key: id(key) }, Some(noted));
        }
        known
    }

    fn values(known: &Known, topic: &'static str, key: u128) -> Vec<Uuid> {
        known.of(TENANT, topic, id(key)).iter().map(|noted| noted.value).collect()
    }

    #[test]
    fn notes_change_what_is_known_as_they_change_the_table() {
        let at = DateTime::UNIX_EPOCH;
        let mut now = known("open", 1, &[7]);
        now.learn(TENANT, Question { topic: "done", key: id(1) }, None);
        now.learn(TENANT, Question { topic: "open", key: id(2) }, None);
        let put = Note::Put { topic: "open", key: id(1), value: id(8) };
        now.follow(TENANT, &put, at);
        now.follow(TENANT, &put, at);
        assert_eq!(values(&now, "open", 1), [id(7), id(8)]);
        now.follow(TENANT, &Note::Change { from: "open", to: "done", value: id(7) }, at);
        assert_eq!((values(&now, "open", 1), values(&now, "done", 1)), (vec![id(8)], vec![id(7)]));
        now.follow(TENANT, &Note::Replace { topic: "open", value: id(8), with: id(9) }, at);
        now.follow(TENANT, &Note::Move { topic: "open", from: id(1), to: id(2) }, at);
        assert_eq!((values(&now, "open", 1), values(&now, "open", 2)), (vec![], vec![id(9)]));
        now.follow(TENANT, &Note::Drop { topic: "open", value: id(9) }, at);
        now.follow(TENANT, &Note::Clear { topic: "done", key: id(1) }, at);
        assert!(values(&now, "open", 2).is_empty() && values(&now, "done", 1).is_empty());
    }

    #[test]
    fn nothing_of_another_tenant_or_unasked_key_is_known() {
        let mut now = known("open", 1, &[7]);
        let other = TenantId::new(id(2));
        now.follow(other, &Note::Drop { topic: "open", value: id(7) }, DateTime::UNIX_EPOCH);
        let unasked = Note::Put { topic: "open", key: id(3), value: id(7) };
        now.follow(TENANT, &unasked, DateTime::UNIX_EPOCH);
        assert_eq!(values(&now, "open", 1), [id(7)]);
        assert!(now.of(other, "open", id(1)).is_empty() && values(&now, "open", 3).is_empty());
    }
}
