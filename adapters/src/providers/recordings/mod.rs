//! Recordings of calls: fetched from Twilio and ElevenLabs and deleted there, each under its key;
//! without a key the provider is played ([`Offline`]).

mod address;
mod offline;
mod online;

use async_trait::async_trait;
use bitacora_commands::ports::{Media, RecordingAt, RecordingFault, Recordings};
use bitacora_domain::aggregates::call_session::CallProvider;

pub use self::address::ProviderUrl;
pub use self::offline::Offline;
pub use self::online::{ElevenLabs, SetupFault, Twilio, TwilioAccount};

/// The providers of this installation, each its own client or its offline twin.
pub struct Board {
    twilio: Box<dyn Recordings>,
    elevenlabs: Box<dyn Recordings>,
}

impl Board {
    /// Clients for those whose keys there are.
    pub fn new(twilio: Option<Twilio>, elevenlabs: Option<ElevenLabs>) -> Self {
        fn or_played<R: Recordings>(client: Option<R>) -> Box<dyn Recordings> {
            match client {
                Some(client) => Box::new(client),
                None => Box::new(Offline),
            }
        }
        Self { twilio: or_played(twilio), elevenlabs: or_played(elevenlabs) }
    }

    fn of(&self, provider: CallProvider) -> &dyn Recordings {
        match provider {
            CallProvider::Twilio => self.twilio.as_ref(),
            CallProvider::ElevenLabs => self.elevenlabs.as_ref(),
        }
    }
}

#[async_trait]
impl Recordings for Board {
    async fn open(&self, at: &RecordingAt) -> Result<Media, RecordingFault> {
        self.of(at.provider).open(at).await
    }

    async fn delete(&self, provider: CallProvider, sid: &str) -> Result<(), RecordingFault> {
        self.of(provider).delete(provider, sid).await
    }
}
