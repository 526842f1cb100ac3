//! Decisions on what comes after a call, in any order and each once: who answered, the words, a
//! judgement, the cost.

use super::artefacts::{Analysis, Turn, bounded};
use super::events::CallEvent as E;
use super::handle::Decision;
use super::names::provider_id;
use super::providers::{AnsweredBy, AttemptRef, CallProvider};
use super::refusal::CallRefusal;
use super::state::CallSession;
use crate::text::trimmed;
use crate::{Directed, Personal};

/// Most transcripts of an attempt.
const TRANSCRIPTS_MAX: usize = 20;
/// Longest language code, in characters (BCP 47).
const LANGUAGE_MAX: usize = 35;
/// Largest cost, in millionths of its currency.
const COST_MAX: i64 = 1_000_000_000_000_000;

impl CallSession {
    pub(super) fn answered(
        &self,
        of: &Directed<()>,
        about: &AttemptRef,
        answered_by: AnsweredBy,
    ) -> Decision {
        let known = self.about(about)?;
        Ok(self.learnt(of, known, &about.ids, Some(answered_by)))
    }

    pub(super) fn attach_transcript(
        &self,
        of: &Directed<()>,
        about: &AttemptRef,
        (provider, sid): (CallProvider, String),
        (turns, language): (Personal<Vec<Turn>>, Option<&str>),
    ) -> Decision {
        let known = self.about(about)?;
        let mut events = self.learnt(of, known, &about.ids, None);
        provider_id(&sid)?;
        if known.transcripts.contains(&transcript_name(provider, &sid)) {
            return Ok(events);
        }
        let (turns, cut) = bounded(turns).ok_or(CallRefusal::InvalidTranscript)?;
        let language = language
            .map(|code| {
                let code = trimmed(code, LANGUAGE_MAX).filter(|code| code.chars().count() >= 2);
                code.ok_or(CallRefusal::InvalidTranscript)
            })
            .transpose()?;
        if known.transcripts.len() >= TRANSCRIPTS_MAX {
            return Err(CallRefusal::TooManyTranscripts);
        }
        let (attempt, contact, at) = (known.number, self.contact(), of.now);
        events.push(E::CallTranscribed {
            attempt,
            contact,
            provider,
            sid,
            turns,
            language,
            cut,
            at,
        });
        Ok(events)
    }

    pub(super) fn attach_analysis(
        &self,
        of: &Directed<()>,
        about: &AttemptRef,
        provider: CallProvider,
        analysis: Analysis,
    ) -> Decision {
        let known = self.about(about)?;
        let mut events = self.learnt(of, known, &about.ids, None);
        if !known.analysed {
            let (attempt, contact, analysis) = (known.number, self.contact(), analysis.bounded());
            events.push(E::CallAnalysed { attempt, contact, provider, analysis, at: of.now });
        }
        Ok(events)
    }

    pub(super) fn record_cost(
        &self,
        of: &Directed<()>,
        about: &AttemptRef,
        provider: CallProvider,
        (amount_e6, currency): (i64, String),
    ) -> Decision {
        let known = self.about(about)?;
        let mut events = self.learnt(of, known, &about.ids, None);
        if known.costs.contains(&provider) {
            return Ok(events);
        }
        let letters = (3..=10).contains(&currency.len())
            && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        if !letters || !(0..=COST_MAX).contains(&amount_e6) {
            return Err(CallRefusal::InvalidCost);
        }
        let (attempt, at) = (known.number, of.now);
        events.push(E::CallCostRecorded { attempt, provider, amount_e6, currency, at });
        Ok(events)
    }
}

/// Under what a transcript is remembered.
pub(super) fn transcript_name(provider: CallProvider, sid: &str) -> String {
    match provider {
        CallProvider::Twilio => format!("twilio:{sid}"),
        CallProvider::ElevenLabs => format!("elevenlabs:{sid}"),
    }
}
