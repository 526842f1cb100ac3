//! Facts about calls: which session they belong to, and the commands that they are.

use bitacora_domain::aggregates::call_session::{
    Analysis, AttemptRef, CallCommand, CallOrigin, CallProvider, CallSession, Collected, Criterion,
    DigitMeaning, ProviderIds, RecordingSource, caller,
};
use bitacora_domain::{CallId, Personal, StreamId, Subject};
use cqrs_es::Aggregate as _;

use super::failure::Failure;
use super::job::{Item, Job, Place};
use super::router::{Router, Verdict};
use crate::sources::{BirthHow, CallBirth, CallFact, CallNews};

/// Kind of the claim on a provider's id of a call; its owner text is `<call>/<attempt>`.
const PROVIDER_CLAIM: &str = "call.provider";
/// How long recordings are kept, in days (X-CONV-4).
const RETENTION_DAYS: i64 = 365;

/// One attempt of a session.
#[derive(Clone, Copy, Debug)]
struct Found {
    call: CallId,
    attempt: Option<i64>,
}

impl Router {
    /// A call of ours that travelled along belongs to its tenant, which must be that of the
    /// account where that is connected; else the account decides.
    pub(super) async fn place_of_call(
        &self,
        item: &Item,
        fact: &CallFact,
    ) -> Result<Place, Failure> {
        let account = self.account_of(item).await?;
        let ours = match fact.target {
            Some(target) => {
                let stream = StreamId::new(CallSession::TYPE, target.call);
                self.bus.log().tenant_of(&stream).await?
            }
            None => None,
        };
        Ok(match (ours, account) {
            (Some(tenant), Some(account)) if tenant != account.tenant => {
                return Err(Failure::Refused("TENANT_MISMATCH"));
            }
            (Some(tenant), account) => {
                Place::Of { tenant, channel: account.map(|account| account.channel) }
            }
            (None, Some(account)) => account.into(),
            (None, None) if item.fact.account.is_some() => Place::Unconnected,
            (None, None) => Place::Waits { on: waits_for_call(fact) },
        })
    }

    /// Everything that a fact says of a call, in order; the last command is the fact's own. What
    /// one of them is refused for does not cost the others.
    pub(super) async fn call(&self, job: &Job<'_>, fact: &CallFact) -> Result<Verdict, Failure> {
        let found = match (self.session_of(job, fact).await?, &fact.birth) {
            (Some(found), Some(birth)) if birth.how == BirthHow::Inbound => {
                self.came_in(job, fact, birth, found.call).await?;
                found
            }
            (Some(found), _) => found,
            (None, Some(birth)) => self.born(job, fact, birth).await?,
            (None, None) => return Ok(Verdict::Waits { on: waits_for_call(fact) }),
        };
        let id = found.call.to_string();
        let about = AttemptRef { attempt: found.attempt, ids: fact.ids.clone() };
        let subject = self.subject_of(job, found.call).await?;
        self.bring(job, found.call, fact).await?;
        let mut refused = None;
        for (n, news) in fact.news.iter().enumerate() {
            let own = job.envelope();
            let last = n + 1 == fact.news.len();
            let envelope = if last { own } else { own.step(&format!("{n}:{}", news.name())) };
            let body = command(job, fact.provider, &about, &subject, news);
            let done = self.bus.execute::<CallSession>(envelope, &id, body).await;
            match done.map_err(Failure::from) {
                Ok(_) => {}
                Err(failure) if is_early(&failure) => {
                    return Ok(Verdict::Waits { on: waits_for_call(fact) });
                }
                Err(failure @ Failure::Refused(_)) if !last => refused = Some(failure),
                Err(failure) => return Err(failure),
            }
        }
        if refused.is_none() {
            self.let_go(job, fact).await?;
        }
        let releases = names(&fact.ids).map(|name| waits_for(&name)).collect();
        refused.map_or(Ok(Verdict::Done { releases }), Err)
    }

    /// The session that our own name, or else one of the provider's, leads to.
    async fn session_of(&self, job: &Job<'_>, fact: &CallFact) -> Result<Option<Found>, Failure> {
        if let Some(target) = fact.target {
            let stream = StreamId::new(CallSession::TYPE, target.call);
            if self.bus.log().tenant_of(&stream).await? == Some(job.tenant) {
                return Ok(Some(Found { call: target.call, attempt: target.attempt }));
            }
        }
        for name in names(&fact.ids) {
            let owner = self.bus.log().owner(job.tenant, PROVIDER_CLAIM, &name).await?;
            if let Some(found) = owner.and_then(|owner| read_owner(&owner.owner)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Begins a session for a call that began without us. Whoever is first begins it, under an id
    /// that follows from the provider's; the others go on with it.
    async fn born(
        &self,
        job: &Job<'_>,
        fact: &CallFact,
        birth: &CallBirth,
    ) -> Result<Found, Failure> {
        let name = names(&fact.ids).next().ok_or(Failure::Refused("NO_PROVIDER_ID"))?;
        let call = CallId::new(job.tenant.derive(&format!("call:{name}")));
        match self.begin(job, fact, birth, call).await {
            Ok(()) => Ok(Found { call, attempt: Some(1) }),
            Err(Failure::Reserved { owner }) => {
                read_owner(&owner).ok_or(Failure::Stuck("MALFORMED_CALL_OWNER"))
            }
            Err(failure) if failure.is_refusal(&["CALL_ALREADY_STARTED"]) => {
                Ok(Found { call, attempt: Some(1) })
            }
            Err(failure) => Err(failure),
        }
    }

    /// What is left of a call was told before the call: now it is known to have come in.
    async fn came_in(
        &self,
        job: &Job<'_>,
        fact: &CallFact,
        birth: &CallBirth,
        call: CallId,
    ) -> Result<(), Failure> {
        let loaded = self.bus.load::<CallSession>(job.tenant, &call.to_string()).await?;
        let standing = loaded.and_then(|(session, _)| session.standing());
        if standing.is_none_or(|standing| standing.origin != CallOrigin::Imported) {
            return Ok(());
        }
        self.begin(job, fact, birth, call).await
    }

    /// Tells the session how it came about.
    async fn begin(
        &self,
        job: &Job<'_>,
        fact: &CallFact,
        birth: &CallBirth,
        call: CallId,
    ) -> Result<(), Failure> {
        self.not_done_before(job).await?;
        let contact = if birth.other_side.identities.is_empty() {
            None
        } else {
            Some(self.contact(job, &birth.other_side).await?)
        };
        let subject = contact.map_or_else(|| caller(call), Subject::contact);
        let number = birth.number.clone().map(|number| Personal::new(subject, number));
        let (channel, ids) = (job.channel, fact.ids.clone());
        let started_at = birth.started_at.unwrap_or_else(|| job.at());
        let body = match birth.how {
            BirthHow::Inbound => {
                CallCommand::RecordInboundCall { contact, from: number, channel, ids, started_at }
            }
            BirthHow::Imported { direction, outcome, duration_s } => CallCommand::ImportCall {
                contact,
                direction,
                number,
                channel,
                ids,
                outcome,
                started_at,
                duration_s,
            },
        };
        let own = job.envelope();
        let envelope = if fact.news.is_empty() { own } else { own.step("birth") };
        self.bus.execute::<CallSession>(envelope, &call.to_string(), body).await?;
        Ok(())
    }

    /// Whose the words of the call are.
    async fn subject_of(&self, job: &Job<'_>, call: CallId) -> Result<Subject, Failure> {
        let loaded = self.bus.load::<CallSession>(job.tenant, &call.to_string()).await?;
        let contact = loaded.and_then(|(session, _)| session.contact());
        Ok(contact.map_or_else(|| caller(call), Subject::contact))
    }
}

/// One thing that is new, as a command.
fn command(
    job: &Job<'_>,
    provider: CallProvider,
    about: &AttemptRef,
    subject: &Subject,
    news: &CallNews,
) -> CallCommand {
    let about = about.clone();
    let said = |words: &String| Personal::new(subject.clone(), words.clone());
    match news.clone() {
        CallNews::Status { status, sequence, sip, duration_s, billed_minutes, answered_by } => {
            CallCommand::RecordProviderStatus {
                about,
                status,
                sequence,
                at: job.at(),
                sip,
                duration_s,
                billed_minutes,
                answered_by,
            }
        }
        CallNews::AnsweredBy(answered_by) => CallCommand::RecordAnsweredBy { about, answered_by },
        CallNews::InitiationFailed { reason, sip } => {
            CallCommand::RecordInitiationFailure { about, reason, sip, at: job.at() }
        }
        CallNews::Digits { step, digits } => CallCommand::RecordDigits {
            about,
            step,
            meaning: DigitMeaning::usual(&digits),
            digits: said(&digits),
            at: job.at(),
        },
        CallNews::Transfer { connected, reason } => {
            CallCommand::RecordTransfer { connected, reason, at: job.at() }
        }
        CallNews::Recording { sid, source, duration_s, channels } => CallCommand::AttachRecording {
            about,
            provider,
            sid,
            source,
            duration_s,
            channels,
            retention_days: RETENTION_DAYS,
        },
        // the content has the same key wherever it is
        CallNews::Audio { sid, file } => CallCommand::AttachRecording {
            about,
            provider,
            sid,
            source: RecordingSource::Stored {
                blob: file.blob,
                bytes: i64::try_from(file.bytes).unwrap_or(i64::MAX),
            },
            duration_s: None,
            channels: None,
            retention_days: RETENTION_DAYS,
        },
        CallNews::Transcript { sid, turns, language } => {
            let turns = Personal::new(subject.clone(), turns);
            CallCommand::AttachTranscript { about, provider, sid, turns, language }
        }
        CallNews::Analysis { success, summary, criteria, collected } => {
            let criterion = |(id, result, why): (String, _, Option<String>)| Criterion {
                id,
                result,
                rationale: why.as_ref().map(said),
            };
            let found = |(id, value, rationale)| Collected { id, value, rationale };
            let collected: Vec<_> = collected.into_iter().map(found).collect();
            let analysis = Analysis {
                success,
                summary: summary.as_ref().map(said),
                criteria: criteria.into_iter().map(criterion).collect(),
                collected: (!collected.is_empty())
                    .then(|| Personal::new(subject.clone(), collected)),
            };
            CallCommand::AttachAnalysis { about, provider, analysis }
        }
        CallNews::Cost { amount_e6, currency } => {
            CallCommand::RecordCost { about, provider, amount_e6, currency }
        }
    }
}

/// The call, or the attempt, is not there yet.
fn is_early(failure: &Failure) -> bool {
    failure.is_refusal(&["CALL_NOT_FOUND", "CALL_NOT_PLACED"])
}

/// The keys of the provider's names.
fn names(ids: &ProviderIds) -> impl Iterator<Item = String> {
    let call = ids.call_sid.as_ref().map(|id| format!("twilio:{id}"));
    let conversation = ids.el_conversation_id.as_ref().map(|id| format!("elevenlabs:{id}"));
    call.into_iter().chain(conversation)
}

fn read_owner(text: &str) -> Option<Found> {
    let (call, attempt) = text.split_once('/')?;
    Some(Found { call: call.parse().ok()?, attempt: Some(attempt.parse().ok()?) })
}

fn waits_for(name: &str) -> String {
    format!("call:{name}")
}

/// What a fact about an unknown call waits for.
fn waits_for_call(fact: &CallFact) -> String {
    let ours = || fact.target.map(|target| target.call.to_string());
    waits_for(&names(&fact.ids).next().or_else(ours).unwrap_or_default())
}
