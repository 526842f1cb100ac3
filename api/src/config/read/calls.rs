//! Over what calls are made.

use super::Reader;
use crate::config::Calls;
use crate::config::settings as s;

impl Reader<'_> {
    pub(super) fn calls(&mut self) -> Calls {
        let elevenlabs_key = self.secret(s::ELEVENLABS_API_KEY, super::is_token);
        let elevenlabs_number = self.text(s::ELEVENLABS_PHONE_NUMBER_ID);
        if elevenlabs_key.is_some() && elevenlabs_number.is_none() {
            self.fault(s::ELEVENLABS_PHONE_NUMBER_ID, "it is needed with ELEVENLABS_API_KEY");
        }
        let mut count = |name, range, default| {
            i64::try_from(self.number(name, range, default)).unwrap_or(i64::MAX)
        };
        let (lines, per_contact_day, per_tenant_day, least_balance) = (
            count(s::CALL_LINES, 1..=1_000, 10),
            count(s::CALLS_PER_CONTACT_DAY, 1..=100, 3),
            count(s::CALLS_PER_DAY, 0..=1_000_000, 1_000),
            count(s::CALL_LEAST_BALANCE, 0..=1_000_000, 1),
        );
        Calls {
            twilio_account_sid: self.account_sid(),
            twilio_number: self.telephone(s::TWILIO_PHONE_NUMBER),
            twilio_api_url: self.api_url(s::TWILIO_API_URL, "https://api.twilio.com"),
            elevenlabs_key,
            elevenlabs_agent: self.text(s::ELEVENLABS_AGENT_ID),
            elevenlabs_number,
            elevenlabs_api_url: self.api_url(s::ELEVENLABS_API_URL, "https://api.elevenlabs.io"),
            lines,
            per_contact_day,
            per_tenant_day,
            least_balance,
        }
    }

    /// Calls without a token for the account, or without an address to be called back at, would
    /// be refused one by one.
    fn account_sid(&mut self) -> Option<String> {
        let sid = self.text(s::TWILIO_ACCOUNT_SID)?;
        let plain = sid.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !sid.starts_with("AC") || !plain {
            self.fault(s::TWILIO_ACCOUNT_SID, format!("{sid:?} is not an account's id"));
        }
        for needed in [s::TWILIO_AUTH_TOKEN, s::PUBLIC_URL] {
            if self.text(needed).is_none() {
                self.fault(needed, "it is needed with TWILIO_ACCOUNT_SID");
            }
        }
        Some(sid)
    }

    fn telephone(&mut self, name: &'static str) -> Option<String> {
        let text = self.text(name)?;
        match bitacora_domain::phone::e164(&text, None) {
            Ok(number) => Some(number),
            Err(error) => {
                self.fault(name, error.to_string());
                None
            }
        }
    }
}
