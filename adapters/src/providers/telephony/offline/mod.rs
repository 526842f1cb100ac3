//! The offline twin of Twilio and ElevenLabs, for installations without keys: nobody's phone
//! rings, and everything that would come back does. It takes the real path, by signed webhooks
//! over HTTP to our own listener, and behaves as badly as the real ones: statuses out of order and
//! twice, ends that are never told, busy lines, machines, answers that get lost. What happens to
//! an attempt follows from the seed and the attempt alone.

mod fate;
mod hooks;
mod live;
mod post;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bitacora_commands::ports::{
    CallLine, CallRef, Clock, Destination, Ended, Funds, OutboundCall, Refusal, Seen, SendFault,
    Telephony, Wanted,
};
use bitacora_commands::sources::Secret;
use bitacora_domain::aggregates::call_session::{ProviderIds, ReportedStatus};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use self::fate::{Ending, Fate};
use self::hooks::{Hook, Said};
use self::live::{Live, Lives};
use self::post::Post;
use super::{SetupFault, http};
use crate::providers::twilio::errors;

/// Calls that are played at the same time; further ones are "throttled".
const UNDER_WAY_MAX: usize = 256;
/// "Invalid 'To' Phone Number".
const INVALID_TO: i64 = 21_211;
/// "Too many requests".
const TOO_MANY: i64 = 20_429;
/// The account and number that call where the line names none.
const USUAL: &str = "AC00000000000000000000000000000000/+541155501234";

/// How it behaves.
#[derive(Clone, Debug)]
pub struct OfflineSettings {
    /// Signs Twilio's webhooks: one of the tokens that our own listener accepts.
    pub twilio_token: Secret,
    /// Signs ElevenLabs' webhooks; without it agents cannot be played.
    pub elevenlabs_secret: Option<Secret>,
    /// What happens to which attempt follows from it.
    pub seed: u64,
    /// How much faster than life calls go: 1 takes seconds.
    pub haste: u32,
    /// For demonstrations: everybody answers, listens, and presses 1. Only who has a number that
    /// ends in 9999 never answers.
    pub kind: bool,
    /// Where our own webhooks listen (`http://127.0.0.1:8080`). Without it nobody is called.
    pub listener: Option<String>,
    /// The address that providers are told, where that is another one: it is what they sign.
    pub public: Option<String>,
}

/// The twin. Cheap to clone.
#[derive(Clone)]
pub struct Offline(Arc<Inner>);

struct Inner {
    settings: OfflineSettings,
    post: Option<Post>,
    clock: Arc<dyn Clock>,
    under_way: Arc<Semaphore>,
    lives: Lives,
}

impl fmt::Debug for Offline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Offline")
    }
}

impl Offline {
    /// A twin.
    ///
    /// # Errors
    /// [`SetupFault`] when there is no HTTP client.
    pub fn new(settings: OfflineSettings, clock: Arc<dyn Clock>) -> Result<Self, SetupFault> {
        let http = http::client(None)?;
        let post =
            settings.listener.as_deref().map(|listener| Post::new(http, listener, &settings));
        let under_way = Arc::new(Semaphore::new(UNDER_WAY_MAX));
        Ok(Self(Arc::new(Inner { settings, post, clock, under_way, lives: Lives::default() })))
    }

    /// Plays the call to its end.
    async fn play(self, ids: ProviderIds, fate: Fate, hooks: Vec<Hook>) {
        let Some(post) = &self.0.post else { return };
        for (n, hook) in hooks.iter().enumerate() {
            sleep(fate.pause(n, self.0.settings.haste)).await;
            // Whatever was to come does not, once somebody has hung up.
            let cut = self.0.lives.is_hung_up(&ids) && !hook.is_after_the_end();
            let cut_hook = cut.then(|| hook.cut_off(n));
            let hook = cut_hook.as_ref().unwrap_or(hook);
            let now = self.0.clock.now();
            if let Some(status) = hook.status() {
                self.0.lives.reached(&ids, status, now);
            }
            if hook.is_told() {
                post.post(hook, now).await;
            }
            if cut {
                return;
            }
        }
    }
}

#[async_trait]
impl Telephony for Offline {
    async fn place(&self, call: OutboundCall) -> Result<ProviderIds, SendFault> {
        if self.0.post.is_none() {
            return Err(SendFault::Unreachable("OFFLINE_WITHOUT_LISTENER"));
        }
        let number = call.to.reveal().ok_or_else(|| refused(INVALID_TO, "no number"))?.clone();
        let mut fate = Fate::of(self.0.settings.seed, &call.of);
        if self.0.settings.kind {
            fate = fate.kindly(&number);
        }
        if fate.ending == Ending::Refused {
            return Err(refused(INVALID_TO, "Invalid 'To' Phone Number"));
        }
        let Ok(permit) = Arc::clone(&self.0.under_way).try_acquire_owned() else {
            return Err(refused(TOO_MANY, "Too many requests"));
        };
        let ids = fate.ids(call.line.as_ref());
        let began = self.0.clock.now();
        self.0.lives.begin(Live::new(ids.clone(), number.clone(), began));
        let said = Said { of: call.of, ids: ids.clone(), line: line(&call), number, began };
        let (twin, hooks, answer_lost) = (self.clone(), fate.hooks(&said), fate.answer_lost);
        let named = ids.clone();
        tokio::spawn(async move {
            let _permit = permit;
            twin.play(named, fate, hooks).await;
        });
        if answer_lost { Err(SendFault::Unknown("OFFLINE_LOST_ANSWER")) } else { Ok(ids) }
    }

    async fn look(&self, ids: &ProviderIds) -> Result<Option<Seen>, SendFault> {
        Ok(self.0.lives.of(ids).map(|live| live.seen()))
    }

    async fn find(&self, wanted: &Wanted) -> Result<Option<Vec<ProviderIds>>, SendFault> {
        Ok(wanted.to.reveal().map(|to| self.0.lives.to(to, wanted.from, wanted.until)))
    }

    async fn hang_up(&self, ids: &ProviderIds) -> Result<Ended, SendFault> {
        Ok(if self.0.lives.hang_up(ids) { Ended::Taken } else { Ended::Over })
    }

    /// Whoever is to take over does, after a moment.
    async fn transfer(
        &self,
        of: &CallRef,
        ids: &ProviderIds,
        _: Destination,
    ) -> Result<Ended, SendFault> {
        let live = self.0.lives.of(ids);
        let Some(live) = live.filter(|live| live.status == ReportedStatus::InProgress) else {
            return Ok(Ended::Over);
        };
        let said = Said {
            of: *of,
            ids: live.ids.clone(),
            line: CallLine::Twilio { account: USUAL.into() },
            number: live.number.clone(),
            began: live.began,
        };
        let (twin, pause) = (self.clone(), fate::DIALLING / self.0.settings.haste.max(1));
        tokio::spawn(async move {
            sleep(pause).await;
            if let Some(post) = &twin.0.post {
                post.post(&hooks::transferred(&said), twin.0.clock.now()).await;
            }
        });
        Ok(Ended::Taken)
    }

    async fn balance(&self) -> Result<Option<Funds>, SendFault> {
        Ok(None)
    }
}

fn line(call: &OutboundCall) -> CallLine {
    call.line.clone().unwrap_or_else(|| CallLine::Twilio { account: USUAL.into() })
}

/// A refusal with the class and the remedy that the real one's would have.
fn refused(code: i64, title: &str) -> SendFault {
    let (class, remedy) = errors::judge(code);
    SendFault::Refused(Refusal { code, title: title.to_owned(), class, remedy, after: None })
}
