//! What becomes of an attempt: it follows from the seed and the attempt alone.

use std::time::Duration;

use bitacora_commands::ports::{CallLine, CallRef};
use bitacora_domain::aggregates::call_session::ProviderIds;
use sha2::{Digest as _, Sha256};

use super::hooks::{self, Hook, Said};

/// How long it takes until somebody is through.
pub(super) const DIALLING: Duration = Duration::from_millis(1_500);
/// End of the numbers that nobody answers while everybody is kind.
const UNLUCKY: &str = "9999";

/// How an attempt ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It is refused at once.
    Refused,
    Busy,
    NoAnswer,
    /// A machine answers.
    Voicemail,
    /// The carrier cannot put it through just now.
    Fails,
    /// Somebody answers, and may press a key.
    Talks {
        key: Option<char>,
    },
}

/// What becomes of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) ending: Ending,
    /// It is taken, and our answer gets lost.
    pub(super) answer_lost: bool,
    /// Its end is never told: whoever asks is told.
    pub(super) silent: bool,
    /// Which webhook changes place with the one behind it; which one comes twice.
    swapped: Option<usize>,
    doubled: Option<usize>,
    pub(super) duration_s: i64,
    pace: u8,
    name: String,
}

impl Fate {
    pub(super) fn of(seed: u64, call: &CallRef) -> Self {
        let name = format!("{}/{}", call.call, call.attempt);
        let hash = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(name).finalize();
        let key = match hash[5] % 8 {
            0 | 1 => Some('1'),
            2 => Some('2'),
            3 => Some('9'),
            _ => None,
        };
        let ending = match hash[0] {
            0..=7 => Ending::Refused,
            8..=39 => Ending::Busy,
            40..=79 => Ending::NoAnswer,
            80..=99 => Ending::Voicemail,
            100..=109 => Ending::Fails,
            _ => Ending::Talks { key },
        };
        let place = |die: u8| (die < 80).then_some(usize::from(die % 4));
        Self {
            ending,
            answer_lost: hash[1] < 12,
            silent: hash[2] < 12,
            swapped: place(hash[3]),
            doubled: place(hash[4]),
            duration_s: 10 + i64::from(hash[6] % 128),
            pace: hash[7],
            name: hex::encode(&hash[16..32]),
        }
    }

    /// The same attempt where everybody is kind.
    pub(super) fn kindly(self, number: &str) -> Self {
        let ending = if number.ends_with(UNLUCKY) {
            Ending::NoAnswer
        } else {
            Ending::Talks { key: Some('1') }
        };
        let (answer_lost, silent, swapped, doubled) = (false, false, None, None);
        Self { ending, answer_lost, silent, swapped, doubled, pace: 100, ..self }
    }

    /// What the providers call it.
    pub(super) fn ids(&self, line: Option<&CallLine>) -> ProviderIds {
        let agent = matches!(line, Some(CallLine::ElevenLabs { .. }));
        ProviderIds {
            call_sid: Some(format!("CA{}", self.name)),
            el_conversation_id: agent.then(|| format!("conv_{}", self.name)),
        }
    }

    /// What the provider calls its recording.
    pub(super) fn recording(&self) -> String {
        format!("RE{}", self.name)
    }

    /// The webhooks that come, in their order.
    pub(super) fn hooks(&self, said: &Said) -> Vec<Hook> {
        let mut hooks = hooks::of(self, said);
        if let Some(n) = self.swapped.filter(|n| n + 1 < hooks.len()) {
            hooks.swap(n, n + 1);
        }
        if let Some(hook) = self.doubled.and_then(|n| hooks.get(n)).cloned() {
            hooks.push(hook);
        }
        hooks
    }

    /// How long after the one before the `n`-th webhook comes.
    pub(super) fn pause(&self, n: usize, haste: u32) -> Duration {
        let weight = u32::try_from(n + 1).unwrap_or(u32::MAX).min(4);
        Duration::from_millis(300 + u64::from(self.pace) * 2) * weight / haste.max(1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bitacora_domain::{CallId, TenantId};
    use uuid::Uuid;

    use super::*;

    fn attempt(n: u128) -> CallRef {
        let (tenant, call) = (TenantId::new(Uuid::from_u128(1)), CallId::new(Uuid::from_u128(n)));
        CallRef { tenant, call, attempt: 1 }
    }

    #[test]
    fn a_fate_follows_from_seed_and_attempt_alone_and_all_of_them_happen() {
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        let (mut lost, mut silent) = (0, 0);
        for n in 0..2_000 {
            let fate = Fate::of(7, &attempt(n));
            assert_eq!(fate, Fate::of(7, &attempt(n)));
            *seen.entry(format!("{:?}", fate.ending)).or_default() += 1;
            lost += u32::from(fate.answer_lost);
            silent += u32::from(fate.silent);
        }
        assert_ne!(Fate::of(7, &attempt(1)), Fate::of(8, &attempt(1)));
        let second = CallRef { attempt: 2, ..attempt(1) };
        assert_ne!(Fate::of(7, &attempt(1)).name, Fate::of(7, &second).name);
        for ending in [
            "Refused",
            "Busy",
            "NoAnswer",
            "Voicemail",
            "Fails",
            "Talks { key: None }",
            "Talks { key: Some('1') }",
            "Talks { key: Some('2') }",
            "Talks { key: Some('9') }",
        ] {
            assert!(seen.get(ending) > Some(&20), "{ending}: {seen:?}");
        }
        assert!(lost > 20 && silent > 20, "{lost} {silent}");
    }

    #[test]
    fn whoever_is_kind_talks_to_everybody_but_the_unlucky() {
        for n in 0..200 {
            let fate = || Fate::of(7, &attempt(n));
            let lucky = fate().kindly("+5491166600011");
            assert_eq!(lucky.ending, Ending::Talks { key: Some('1') });
            assert!(!lucky.answer_lost && !lucky.silent);
            assert_eq!(fate().kindly("+5491166609999").ending, Ending::NoAnswer);
        }
    }
}
