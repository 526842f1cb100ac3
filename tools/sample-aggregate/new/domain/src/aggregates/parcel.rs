//! Parcel: something that is on its way to somebody. A sample of an aggregate in one file.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::text::trimmed;
use crate::{Directed, DomainAggregate, DomainError};

/// Longest label, in characters.
const LABEL_MAX: usize = 100;

/// Commands of a parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ParcelCommand {
    /// It leaves.
    Send {
        /// What is written on it.
        label: String,
    },
    /// It is there.
    Arrive,
}

/// Events of a parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are documented on the commands
pub enum ParcelEvent {
    ParcelSent { parcel: Uuid, label: String },
    ParcelArrived {},
}

impl DomainEvent for ParcelEvent {
    fn event_type(&self) -> String {
        match self {
            Self::ParcelSent { .. } => "ParcelSent",
            Self::ParcelArrived {} => "ParcelArrived",
        }
        .to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

/// An expected failure of a parcel's command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParcelRefusal {
    /// It never left.
    #[error("there is no such parcel")]
    NotFound,
    /// It left under another label.
    #[error("the parcel has left already")]
    AlreadySent,
    /// The id is no UUID, or the label blank or too long.
    #[error("a parcel has a UUID and a label of 1 to 100 characters")]
    Invalid,
}

impl DomainError for ParcelRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "PARCEL_NOT_FOUND",
            Self::AlreadySent => "PARCEL_ALREADY_SENT",
            Self::Invalid => "INVALID_PARCEL",
        }
    }
}

/// A parcel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// What is written on it; `None` before it leaves.
    label: Option<String>,
    arrived: bool,
}

impl Aggregate for Parcel {
    const TYPE: &'static str = "parcel";
    type Command = Directed<ParcelCommand>;
    type Event = ParcelEvent;
    type Error = ParcelRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        crate::aggregate::handle(self, command, sink).await
    }

    fn apply(&mut self, event: Self::Event) {
        match event {
            ParcelEvent::ParcelSent { label, .. } => self.label = Some(label),
            ParcelEvent::ParcelArrived {} => self.arrived = true,
        }
    }
}

impl DomainAggregate for Parcel {
    type Body = ParcelCommand;
    type Refusal = ParcelRefusal;
    const EVENT_TYPES: &'static [&'static str] = &["ParcelSent", "ParcelArrived"];
    const STATE_SCHEMA: u32 = 1;

    fn decide(
        &self,
        of: &Directed<()>,
        body: Self::Body,
    ) -> Result<Vec<ParcelEvent>, ParcelRefusal> {
        match (body, &self.label) {
            (ParcelCommand::Send { label }, None) => {
                let parcel = of.aggregate_id.parse().map_err(|_| ParcelRefusal::Invalid)?;
                let label = trimmed(&label, LABEL_MAX).ok_or(ParcelRefusal::Invalid)?;
                Ok(vec![ParcelEvent::ParcelSent { parcel, label }])
            }
            (ParcelCommand::Send { label }, Some(known)) if label == *known => Ok(vec![]),
            (ParcelCommand::Send { .. }, Some(_)) => Err(ParcelRefusal::AlreadySent),
            (ParcelCommand::Arrive, None) => Err(ParcelRefusal::NotFound),
            (ParcelCommand::Arrive, Some(_)) if self.arrived => Ok(vec![]),
            (ParcelCommand::Arrive, Some(_)) => Ok(vec![ParcelEvent::ParcelArrived {}]),
        }
    }
}
