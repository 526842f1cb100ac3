//! Recordings where no provider is connected: a short tone, the same one for the same recording.

use async_trait::async_trait;
use bitacora_commands::ports::{Media, RecordingAt, RecordingFault, Recordings, chunks_of};
use bitacora_domain::aggregates::call_session::CallProvider;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

/// Samples per second.
const RATE: u32 = 8_000;
/// How long the tone is, seconds.
const SECONDS: u32 = 2;
/// How loud, of 32,767.
const LOUDNESS: i16 = 6_000;

/// Plays a provider of recordings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offline;

#[async_trait]
impl Recordings for Offline {
    async fn open(&self, at: &RecordingAt) -> Result<Media, RecordingFault> {
        Ok(Media { content_type: "audio/wav".into(), content: chunks_of(tone(&at.sid)) })
    }

    async fn delete(&self, _: CallProvider, _: &str) -> Result<(), RecordingFault> {
        Ok(())
    }
}

/// A WAV file (16 bits, one channel): a square wave whose pitch follows from the recording's name.
fn tone(sid: &str) -> Bytes {
    let digest = Sha256::digest(sid.as_bytes());
    // Half a wave of 8 to 23 samples: 170 to 500 Hz.
    let half = 8 + u32::from(digest.first().copied().unwrap_or_default() % 16);
    let samples = RATE * SECONDS;
    let data = samples * 2;
    let mut wav = Vec::with_capacity(44 + data as usize);
    wav.extend(b"RIFF");
    wav.extend((36 + data).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend(1_u16.to_le_bytes()); // PCM
    wav.extend(1_u16.to_le_bytes()); // channels
    wav.extend(RATE.to_le_bytes());
    wav.extend((RATE * 2).to_le_bytes()); // bytes per second
    wav.extend(2_u16.to_le_bytes()); // bytes per sample
    wav.extend(16_u16.to_le_bytes()); // bits per sample
    wav.extend(b"data");
    wav.extend(data.to_le_bytes());
    for sample in 0..samples {
        let high = (sample / half).is_multiple_of(2);
        wav.extend((if high { LOUDNESS } else { -LOUDNESS }).to_le_bytes());
    }
    wav.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_sounds_the_same_every_time_and_others_differ() {
        let wav = tone("RE1");
        assert_eq!(wav, tone("RE1"));
        assert_ne!(wav, tone("RE2"));
        assert_eq!(
            (&wav[..4], &wav[8..12], wav.len()),
            (b"RIFF".as_slice(), b"WAVE".as_slice(), 32_044)
        );
    }
}
