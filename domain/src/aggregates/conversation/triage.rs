//! The decision on what the AI judged of a message (CS-35 … CS-38): it answers by itself, a
//! person must look, or data is asked for. The tenant's rules come with the command, so that the
//! same command gives the same answer for ever.

use uuid::Uuid;

use super::content::MessageContent;
use super::events::ConversationEvent as E;
use super::follow::ACTIONS_MAX;
use super::handle::Decision;
use super::limits;
use super::matrix::{Ask, Verdict, judge};
use super::outbound::Outbound;
use super::refusal::ConversationRefusal as No;
use super::state::Conversation;
use super::suggestions::check_suggestion;
use super::vocabulary::{AiPolicy, ApprovalReason, Citation, ProposedAction, Sender, Triage};
use crate::aggregates::tenant::AiMode;
use crate::{Directed, MessageId, Personal};

/// Most data that are asked for at once.
const FIELDS_MAX: usize = 20;
/// Longest short text of a judgement, in characters.
const WORD_MAX: usize = 100;
/// Longest arguments of an action, in characters.
const ARGUMENTS_MAX: usize = 4_000;

/// A judgement and what follows from it, as far as the AI is concerned.
pub(super) struct Judgement {
    pub(super) message: MessageId,
    pub(super) triage: Triage,
    pub(super) policy: AiPolicy,
    pub(super) reply: Option<Personal<String>>,
    pub(super) citations: Vec<Citation>,
    pub(super) actions: Vec<ProposedAction>,
    pub(super) ttl_s: i64,
}

/// What the rules say of an answer.
enum Ruling {
    /// The AI sends it.
    Send,
    /// A person must look first.
    Approve(ApprovalReason),
    /// It asks for what is missing; a person sends it.
    Ask,
}

impl Conversation {
    pub(super) fn triage(&self, of: &Directed<()>, judgement: Judgement) -> Decision {
        check(&judgement)?;
        if !self.heard(judgement.message) {
            return Err(No::MessageUnknown);
        }
        let Judgement { message, triage, policy, reply, citations, actions, ttl_s } = judgement;
        let unsure = triage.confidence_bp < policy.threshold_bp;
        let ruling = self.ruling(of, &triage, &policy);
        let (category, fields) = (triage.category, triage.missing_fields.clone());
        let mut events = vec![E::MessageTriaged { message, triage, at: of.now }];
        if !fields.is_empty() {
            events.push(E::DataRequested { message, fields: fields.clone() });
        }
        if unsure {
            events.push(E::TicketRequested { message, category, missing_fields: fields });
        }
        // An answer to what is not the last word any more would be superseded at once.
        if self.last_inbound == Some(message) {
            events.extend(self.answered(of, message, &ruling, (reply, citations, ttl_s)));
        }
        if !actions.is_empty() {
            let actions = numbered(of, actions);
            events.push(E::ActionsProposed { message, actions, at: of.now });
        }
        Ok(events)
    }

    fn answered(
        &self,
        of: &Directed<()>,
        message: MessageId,
        ruling: &Ruling,
        (reply, citations, ttl_s): (Option<Personal<String>>, Vec<Citation>, i64),
    ) -> Vec<E> {
        let mut events = Vec::new();
        if let Ruling::Approve(reason) = *ruling {
            events.push(E::ApprovalRequired { message, reason });
        }
        let Some(body) = reply else { return events };
        match ruling {
            Ruling::Send => {
                events.push(E::AutopilotApproved { message });
                let content = MessageContent::Text { body };
                events.extend(self.queued(of, Outbound::new(content, Sender::Ai)));
            }
            Ruling::Approve(_) | Ruling::Ask => {
                events.extend(self.suggested(of, body, citations, ttl_s));
            }
        }
        events
    }

    /// High risk comes before everything (CS-38); then the tenant's rules, then where the
    /// conversation stands.
    fn ruling(&self, of: &Directed<()>, triage: &Triage, policy: &AiPolicy) -> Ruling {
        if triage.category.is_high_risk() {
            return Ruling::Approve(ApprovalReason::HighRisk);
        }
        if triage.confidence_bp < policy.threshold_bp || !triage.missing_fields.is_empty() {
            return Ruling::Ask;
        }
        if policy.mode != AiMode::Autopilot {
            return Ruling::Approve(ApprovalReason::Assisted);
        }
        if !policy.autopilot.contains(&triage.category) {
            return Ruling::Approve(ApprovalReason::Category);
        }
        match judge(Ask::AiAnswers, self.standing(of.now)) {
            Verdict::Go => Ruling::Send,
            Verdict::Nothing => Ruling::Approve(ApprovalReason::Handoff),
            Verdict::Refuse(why) | Verdict::Withdraw(why) => Ruling::Approve(approval(why)),
        }
    }

    /// Is it a message of the contact that is remembered?
    pub(super) fn heard(&self, message: MessageId) -> bool {
        self.last_inbound == Some(message)
            || self.recent.iter().any(|fact| fact.message == Some(message))
    }
}

/// Why a person must look where the AI may not speak.
fn approval(why: No) -> ApprovalReason {
    if why == No::AiPaused {
        ApprovalReason::Paused
    } else if why == No::OptedOut {
        ApprovalReason::OptedOut
    } else if why == No::ServiceWindowClosed {
        ApprovalReason::WindowClosed
    } else {
        ApprovalReason::Handoff
    }
}

fn numbered(of: &Directed<()>, actions: Vec<ProposedAction>) -> Vec<ProposedAction> {
    let id = |n: usize| -> Uuid { of.new_id(10 + n) };
    let with_id = |(n, action)| ProposedAction { action: id(n), ..action };
    actions.into_iter().enumerate().map(with_id).collect()
}

fn check(judgement: &Judgement) -> Result<(), No> {
    let Judgement { triage, actions, .. } = judgement;
    let short = |text: &String| limits::fits(text, 1, WORD_MAX);
    let optional = |text: &Option<String>| text.as_ref().is_none_or(short);
    let fits = (0..=10_000).contains(&triage.confidence_bp)
        && triage.tokens >= 0
        && triage.missing_fields.len() <= FIELDS_MAX
        && triage.missing_fields.iter().all(short)
        && optional(&triage.intent)
        && optional(&triage.sentiment)
        && short(&triage.model)
        && short(&triage.prompt_version);
    if !fits {
        return Err(No::InvalidTriage);
    }
    let action_fits = |action: &ProposedAction| {
        let arguments = action.arguments.as_ref();
        limits::fits(&action.kind, 1, 80)
            && arguments.is_none_or(|text| limits::has(text, 0, ARGUMENTS_MAX))
    };
    if actions.len() > ACTIONS_MAX || !actions.iter().all(action_fits) {
        return Err(No::InvalidActions);
    }
    check_suggestion(judgement.reply.as_ref(), &judgement.citations, judgement.ttl_s)
}
