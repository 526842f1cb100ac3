//! A system that takes leads where there is none: addresses `offline:<name>`. Nothing leaves the
//! house, and it behaves as badly as the real ones: it is away at times, and some of its answers
//! get lost although it took the lead. What happens follows from the seed, the notice and the
//! minute.

use async_trait::async_trait;
use bitacora_commands::ports::{LeadReceiver, Notice, NoticeFault, Taken, TargetRow};
use sha2::{Digest as _, Sha256};

/// Scheme of its addresses.
const SCHEME: &str = "offline:";

/// Tells real systems by `R`, and plays those whose address is `offline:<name>`.
#[derive(Clone, Debug)]
pub struct OrOffline<R> {
    real: R,
    seed: u64,
    kind: bool,
}

impl<R: LeadReceiver> OrOffline<R> {
    /// Over the receiver of real systems; `kind` to a demonstration: everything is taken at once.
    pub const fn new(real: R, seed: u64, kind: bool) -> Self {
        Self { real, seed, kind }
    }

    fn play(&self, notice: &Notice) -> Result<Taken, NoticeFault> {
        let minute = notice.at.timestamp() / 60;
        let dice = Sha256::new()
            .chain_update(self.seed.to_be_bytes())
            .chain_update(&notice.id)
            .chain_update(minute.to_be_bytes())
            .finalize();
        let [luck, ..]: [u8; 32] = dice.into();
        match luck {
            0..=24 if !self.kind => Err(NoticeFault::Failed("HTTP_503".into())),
            25..=40 if !self.kind => Err(NoticeFault::Unknown("OFFLINE_LOST_ANSWER")),
            _ => {
                let name = notice.id.get(4..12).unwrap_or_default();
                Ok(Taken { reference: Some(format!("offline-{name}")) })
            }
        }
    }
}

#[async_trait]
impl<R: LeadReceiver> LeadReceiver for OrOffline<R> {
    fn check(&self, url: &str) -> Result<(), NoticeFault> {
        match url.strip_prefix(SCHEME) {
            Some(name) if !name.is_empty() => Ok(()),
            Some(_) => Err(NoticeFault::Refused("INVALID_URL".into())),
            None => self.real.check(url),
        }
    }

    async fn tell(&self, target: &TargetRow, notice: Notice) -> Result<Taken, NoticeFault> {
        if target.url.starts_with(SCHEME) {
            return self.play(&notice);
        }
        self.real.tell(target, notice).await
    }
}
