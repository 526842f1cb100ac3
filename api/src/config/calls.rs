//! Over what calls are made, and how many.

use super::Secret;

/// Telephone calls.
#[derive(Clone, Debug)]
pub struct Calls {
    /// Twilio's account through which calls leave; without it they are played offline, unless an
    /// agent makes them.
    pub twilio_account_sid: Option<String>,
    /// The number that calls where no channel account does, E.164.
    pub twilio_number: Option<String>,
    /// Where Twilio's API is.
    pub twilio_api_url: String,
    /// ElevenLabs' key; without it agents are played offline.
    pub elevenlabs_key: Option<Secret>,
    /// The agent that calls where no channel account does.
    pub elevenlabs_agent: Option<String>,
    /// The provider's id of the number that dials for agents.
    pub elevenlabs_number: Option<String>,
    /// Where ElevenLabs' API is.
    pub elevenlabs_api_url: String,
    /// Calls of a tenant at a time.
    pub lines: i64,
    /// Calls to one contact in a day.
    pub per_contact_day: i64,
    /// Attempts of a tenant in a day.
    pub per_tenant_day: i64,
    /// What must be left at a provider that is paid in advance, in units of its currency.
    pub least_balance: i64,
}
