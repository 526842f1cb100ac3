//! What the log needs to know of a ledger.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

use super::commands::CreditLedgerCommand;
use super::events::CreditLedgerEvent;
use super::refusal::CreditLedgerRefusal;
use super::state::CreditLedger;
use crate::{Claim, Directed, DomainAggregate, Effect};

impl Aggregate for CreditLedger {
    const TYPE: &'static str = "credit_ledger";
    type Command = Directed<CreditLedgerCommand>;
    type Event = CreditLedgerEvent;
    type Error = CreditLedgerRefusal;
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
        self.follow(event);
    }
}

impl DomainAggregate for CreditLedger {
    type Body = CreditLedgerCommand;
    type Refusal = CreditLedgerRefusal;
    const EVENT_TYPES: &'static [&'static str] = CreditLedgerEvent::TYPES;
    const STATE_SCHEMA: u32 = 1;

    fn decide(
        &self,
        of: &Directed<()>,
        body: Self::Body,
    ) -> Result<Vec<Self::Event>, Self::Refusal> {
        self.answer(of, &body)
    }

    fn claims(&self, event: &Self::Event) -> Vec<Claim> {
        self.claims_of(event)
    }

    fn effects(&self, event: &Self::Event) -> Vec<Effect> {
        self.effects_of(event)
    }
}
