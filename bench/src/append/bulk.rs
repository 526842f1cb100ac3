//! An aggregate of the bench whose one command is many events, each as large as a note: no
//! command of the product emits a hundred.

use bitacora_domain::{Directed, DomainAggregate, DomainError};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

/// What an event says.
const TEXT: &str = "La clienta pasa el jueves a retirar los lentes; pidió que le avisemos por \
                    acá cuando lleguen los cristales. Pagó la mitad con débito.";

/// The aggregate: it only counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bulk {
    lines: u64,
}

/// Writes so many lines.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Lines {
    pub(super) count: u32,
}

/// A line was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum BulkEvent {
    /// One.
    LineWritten {
        /// Its number in the command.
        number: u32,
        /// Whose line it is.
        author: String,
        /// What it says.
        text: String,
    },
}

impl DomainEvent for BulkEvent {
    fn event_type(&self) -> String {
        "LineWritten".to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

/// Nothing is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Never {}

impl DomainError for Never {
    fn code(&self) -> &'static str {
        match *self {}
    }
}

impl Aggregate for Bulk {
    const TYPE: &'static str = "bench";
    type Command = Directed<Lines>;
    type Event = BulkEvent;
    type Error = Never;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        bitacora_domain::aggregate::handle(self, command, sink).await
    }

    fn apply(&mut self, event: Self::Event) {
        let BulkEvent::LineWritten { .. } = event;
        self.lines += 1;
    }
}

impl DomainAggregate for Bulk {
    type Body = Lines;
    type Refusal = Never;
    const EVENT_TYPES: &'static [&'static str] = &["LineWritten"];
    const STATE_SCHEMA: u32 = 1;

    fn decide(&self, of: &Directed<()>, body: Lines) -> Result<Vec<BulkEvent>, Never> {
        let author = of.new_id(0).to_string();
        let line = |number| BulkEvent::LineWritten {
            number,
            author: author.clone(),
            text: TEXT.to_owned(),
        };
        Ok((0..body.count).map(line).collect())
    }
}
