//! Which decision answers which command, and what the log needs to know about the events.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

use super::already::ask;
use super::commands::TicketCommand as C;
use super::consequences::NUMBER_COUNTER;
use super::events::TicketEvent as E;
use super::matrix::{self, Verdict};
use super::open::begin;
use super::refusal::TicketRefusal;
use super::related::Child;
use super::run::{Decision, Run, Step};
use super::state::{Opened, Ticket};
use super::vocabulary::{ClosedBy, HoldEnd};
use crate::{Claim, Directed, DomainAggregate, Effect, PendingNumber};

impl Aggregate for Ticket {
    const TYPE: &'static str = "ticket";
    type Command = Directed<C>;
    type Event = E;
    type Error = TicketRefusal;
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

impl Run<'_> {
    /// A command that the table lets through.
    #[allow(clippy::too_many_lines)] // one arm per command, each only hands on
    fn go(&mut self, opened: &Opened, body: C) -> Step {
        match body {
            C::Open { .. } => {}
            C::Triage { category, priority, confidence_bp, model } => {
                self.triage(category, priority, (confidence_bp, &model))?;
            }
            C::Assign { agent, agent_status, team, by } => {
                self.assign((agent, agent_status), team.as_deref(), by)?;
            }
            C::Unassign => self.unassign(),
            C::Escalate { level, reason } => self.escalate(level, &reason)?,
            C::StartWork => self.start_work(),
            C::WaitForCustomer { question } => self.wait_for_customer(question.as_ref())?,
            C::WaitForThirdParty { party } => self.wait_for_third_party(party.as_deref())?,
            C::CustomerReplied { message } => self.customer_turn(message),
            C::Hold { reason, until } => self.hold(&reason, until)?,
            C::ReleaseHold => self.end_hold(HoldEnd::Manual),
            C::EndHold { hold: _ } => self.end_hold(HoldEnd::Due),
            C::RequestData { fields } => self.request_data(&fields)?,
            C::SupplyData { field, value } => self.supply(&field, &value)?,
            C::AddComment { public, body } => self.comment(public, &body)?,
            C::ChangeCategory { category } => self.change_category(category),
            C::ChangePriority { priority } => self.change_priority(priority),
            C::SetTags { tags } => self.set_tags(&tags)?,
            C::Summarise { summary, model, prompt_version, tokens } => {
                self.summarise(&summary, (&model, &prompt_version, tokens))?;
            }
            C::ApplyMacro { macro_id, version, steps } => {
                self.apply_macro((macro_id, version), steps)?;
            }
            C::ApplySlaPolicy { policy } => self.apply_policy(*policy)?,
            C::RecordFirstResponse { at } | C::RecordResponse { at } => self.respond(at),
            C::CheckSla { target: _ } => self.breach_what_is_due(self.of.now),
            C::Resolve { resolution, root_cause, reopen_window_s } => {
                self.resolve(resolution.as_ref(), root_cause.as_deref(), reopen_window_s)?;
            }
            C::Reopen { reason } => self.reopen(reason.as_deref())?,
            C::Close => self.close(ClosedBy::User),
            C::AutoClose { resolution: _ } => self.close(ClosedBy::Auto),
            C::MergeInto { survivor, survivor_contact, survivor_status } => {
                self.merge_into(opened, survivor, (survivor_contact, survivor_status))?;
            }
            C::RecordMerge { source } => self.record_merge(source),
            C::Split { subject, category, priority } => {
                self.split(&Child { subject, category, priority })?;
            }
            C::CreateFollowUp { subject, category, priority } => {
                self.create_follow_up(&Child { subject, category, priority })?;
            }
            C::Link { kind, id } => self.link(kind, id)?,
            C::RequestSurvey => self.request_survey(),
            C::RecordCsat { score, comment } => self.rate(score, comment.as_ref())?,
        }
        Ok(())
    }
}

impl DomainAggregate for Ticket {
    type Body = C;
    type Refusal = TicketRefusal;
    const EVENT_TYPES: &'static [&'static str] = E::NAMES;
    const STATE_SCHEMA: u32 = 1;

    /// Settled things first, then the table, then the decision itself.
    fn decide(&self, of: &Directed<()>, body: C) -> Decision {
        let Some(opened) = &self.opened else { return begin(of, body) };
        if self.is_settled(of, opened, &body)? {
            return Ok(vec![]);
        }
        match matrix::judge(ask(of, &body), self.standing(of.now)) {
            Verdict::Nothing => Ok(vec![]),
            Verdict::Refuse(refusal) => Err(refusal),
            Verdict::Go => {
                let mut run = Run::new(of, self);
                run.go(opened, body)?;
                Ok(run.done())
            }
        }
    }

    fn claims(&self, event: &E) -> Vec<Claim> {
        self.claims_of(event)
    }

    fn effects(&self, event: &E) -> Vec<Effect> {
        self.effects_of(event)
    }

    fn pending_number(event: &E) -> Option<PendingNumber> {
        let pending = matches!(event, E::TicketOpened { number, .. } if number.is_pending());
        pending.then_some(PendingNumber { counter: NUMBER_COUNTER, field: "number" })
    }
}
