//! The providers' accounts that a tenant can connect, and what names one of each.

use serde::{Deserialize, Serialize};

use super::PHONE_NUMBER_CLAIM;
use crate::phone;
use crate::text::digits;

/// Longest name of an account at its provider, in characters.
const ACCOUNT_MAX: usize = 128;

/// What a channel account is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChannelKind {
    /// A number of the WhatsApp Cloud API, by its `phone_number_id`.
    #[default]
    Whatsapp,
    /// A page whose ads have forms (Meta Lead Ads), by its id.
    MetaPage,
    /// A telephone number at Twilio: `<AccountSid>/<number in E.164>`.
    Twilio,
    /// An agent of ElevenLabs, by its id.
    #[serde(rename = "ELEVENLABS")]
    ElevenLabs,
    /// A bot of Builderbot, by the account key that we gave it.
    Builderbot,
    /// An inbox of Chatwoot: `<account id>/<inbox id>`.
    Chatwoot,
}

impl ChannelKind {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [
        Self::Whatsapp,
        Self::MetaPage,
        Self::Twilio,
        Self::ElevenLabs,
        Self::Builderbot,
        Self::Chatwoot,
    ];

    /// Stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whatsapp => "WHATSAPP",
            Self::MetaPage => "META_PAGE",
            Self::Twilio => "TWILIO",
            Self::ElevenLabs => "ELEVENLABS",
            Self::Builderbot => "BUILDERBOT",
            Self::Chatwoot => "CHATWOOT",
        }
    }

    /// Kind of the claim on an account: one tenant has it, across the installation. Its owner
    /// text is `<tenant uuid>/<channel account uuid>`.
    pub const fn claim(self) -> &'static str {
        match self {
            Self::Whatsapp => PHONE_NUMBER_CLAIM,
            Self::MetaPage => "meta.page_id",
            Self::Twilio => "twilio.number",
            Self::ElevenLabs => "elevenlabs.agent_id",
            Self::Builderbot => "builderbot.account_key",
            Self::Chatwoot => "chatwoot.inbox",
        }
    }

    /// How an account is written, for people.
    pub const fn form(self) -> &'static str {
        match self {
            Self::Whatsapp => "a phone_number_id of 5 to 32 digits",
            Self::MetaPage => "the id of a page, 5 to 32 digits",
            Self::Twilio => "AccountSid and number, such as AC0123456789abcdef/+541155501234",
            Self::ElevenLabs => "the id of an agent, such as agent_01hxyz",
            Self::Builderbot => "the account key, 1 to 128 visible characters",
            Self::Chatwoot => "the ids of account and inbox, such as 1/3",
        }
    }

    /// `account` as it is claimed and looked up; `None` when it is none of this kind.
    pub fn canonical(self, account: &str) -> Option<String> {
        let account = account.trim();
        let visible = |text: &str| text.chars().all(|c| !c.is_whitespace() && !c.is_control());
        let name = |text: &str| (1..=ACCOUNT_MAX).contains(&text.chars().count()) && visible(text);
        match self {
            Self::Whatsapp | Self::MetaPage => digits(account, 5, 32).then(|| account.to_owned()),
            Self::Twilio => {
                let (sid, number) = account.split_once('/')?;
                let plain = sid.len() <= 64 && sid.bytes().all(|b| b.is_ascii_alphanumeric());
                let number = phone::e164(number, None).ok()?;
                (sid.starts_with("AC") && plain).then(|| format!("{sid}/{number}"))
            }
            Self::ElevenLabs | Self::Builderbot => name(account).then(|| account.to_owned()),
            Self::Chatwoot => {
                let (of, inbox) = account.split_once('/')?;
                (digits(of, 1, 18) && digits(inbox, 1, 18)).then(|| account.to_owned())
            }
        }
    }
}
