//! How a call is to be made: its script and voice, when it may ring, and how often.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::guards::CallWindow;
use super::refusal::CallRefusal;
use super::vocabulary::CallPurpose;
use crate::ChannelAccountId;
use crate::text::trimmed;

/// Most attempts of a call.
pub(super) const ATTEMPTS_MAX: i64 = 10;
/// How far ahead a time may be.
pub(super) const AHEAD_MAX: TimeDelta = TimeDelta::days(365);
/// For how long a call is tried when the plan has no end.
const USUAL_LIFE: TimeDelta = TimeDelta::days(30);
/// Shortest and longest time between attempts: a minute, a week.
const DELAY_S: std::ops::RangeInclusive<i64> = 60..=604_800;
/// Shortest and longest ringing, in seconds (what Twilio takes).
const RINGING_S: std::ops::RangeInclusive<i64> = 5..=600;
/// Longest name of a voice, in characters.
const VOICE_MAX: usize = 100;

/// The script that is followed, as it was at a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ScriptVersion {
    /// The script.
    pub script: Uuid,
    /// Its version, from 1.
    pub version: i64,
}

/// How a call is to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallPlan {
    /// What for.
    pub purpose: CallPurpose,
    /// The campaign that it belongs to.
    pub campaign: Option<Uuid>,
    /// Over which account (number, agent) we call; the tenant's usual one when absent.
    pub channel: Option<ChannelAccountId>,
    /// What is said.
    pub script: Option<ScriptVersion>,
    /// Whose voice, as the provider calls it (CALL-19); the agent's own when absent.
    pub voice: Option<String>,
    /// When it may ring, in the callee's own time.
    pub window: CallWindow,
    /// Most attempts, 1–10.
    pub max_attempts: i64,
    /// Time between attempts, 60–604,800 s.
    pub retry_delay_s: i64,
    /// Is it tried again when a machine answered?
    pub retry_voicemail: bool,
    /// How long it rings, 5–600 s.
    pub ring_timeout_s: i64,
    /// No attempt begins at or after this time. 30 days after the request when absent; the
    /// event always has it.
    pub not_after: Option<DateTime<Utc>>,
}

impl CallPlan {
    /// The usual one: 8 to 21 h on any day, three attempts an hour apart, not after voicemail,
    /// 30 s of ringing (X-CALL).
    pub fn usual(purpose: CallPurpose) -> Self {
        Self {
            purpose,
            campaign: None,
            channel: None,
            script: None,
            voice: None,
            window: CallWindow::default(),
            max_attempts: 3,
            retry_delay_s: 3_600,
            retry_voicemail: false,
            ring_timeout_s: 30,
            not_after: None,
        }
    }

    /// Within its bounds, and with an end.
    pub(super) fn checked(mut self, now: DateTime<Utc>) -> Result<Self, CallRefusal> {
        if !self.window.is_sound() {
            return Err(CallRefusal::InvalidWindow);
        }
        let sound = (1..=ATTEMPTS_MAX).contains(&self.max_attempts)
            && DELAY_S.contains(&self.retry_delay_s)
            && RINGING_S.contains(&self.ring_timeout_s)
            && self.script.is_none_or(|script| script.version >= 1);
        if !sound {
            return Err(CallRefusal::InvalidPlan);
        }
        if let Some(voice) = &self.voice {
            self.voice = Some(trimmed(voice, VOICE_MAX).ok_or(CallRefusal::InvalidPlan)?);
        }
        let end = self.not_after.unwrap_or(now + USUAL_LIFE);
        if end <= now || end > now + AHEAD_MAX {
            return Err(CallRefusal::InvalidDeadline);
        }
        self.not_after = Some(end);
        Ok(self)
    }

    /// Is it the plan that was asked for, where an end that was left open counts as any?
    pub(super) fn is_as_asked(&self, asked: &Self) -> bool {
        let end = asked.not_after.or(self.not_after);
        let voice = asked.voice.as_deref().map(|voice| voice.trim().to_owned());
        *self == Self { not_after: end, voice, ..asked.clone() }
    }
}

/// When the first attempt is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallStart {
    /// As soon as it may.
    AtOnce,
    /// At a time.
    At {
        /// When.
        at: DateTime<Utc>,
        /// The IANA zone in which it was chosen, for those who look at it.
        zone: Option<String>,
    },
    /// When somebody schedules it.
    WhenTold,
}
