//! State, decisions and claims of a channel account.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use super::kind::ChannelKind;
use super::refusal::ChannelRefusal;
use super::vocabulary::{ChannelCommand, ChannelEvent};
use crate::text::{digits, trimmed};
use crate::{ChannelAccountId, Claim, Directed, DomainAggregate, TenantId};

/// Longest name, in characters.
const NAME_MAX: usize = 100;
/// Longest number as shown, in characters.
const DISPLAY_MAX: usize = 40;
/// Longest reason, in characters.
const REASON_MAX: usize = 500;

/// Where a channel account stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChannelStatus {
    /// In use.
    #[default]
    Connected,
    /// In use, but the provider reports trouble.
    Degraded,
    /// Not in use; its number is free.
    Disabled,
}

/// What it is connected to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Connection {
    tenant: TenantId,
    channel: ChannelAccountId,
    kind: ChannelKind,
    /// The provider's id of it; a `phone_number_id` for WhatsApp.
    account: String,
    waba_id: Option<String>,
    display: String,
    name: String,
}

/// A WhatsApp number of a tenant, or its account at another provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelAccount {
    /// The last connection; `None` before the first.
    connection: Option<Connection>,
    status: ChannelStatus,
    /// Trouble that the provider reports.
    trouble: Option<String>,
}

type Decision = Result<Vec<ChannelEvent>, ChannelRefusal>;

impl Aggregate for ChannelAccount {
    const TYPE: &'static str = "channel_account";
    type Command = Directed<ChannelCommand>;
    type Event = ChannelEvent;
    type Error = ChannelRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        crate::aggregate::handle(self, command, sink).await
    }

    fn apply(&mut self, event: Self::Event) {
        use ChannelEvent as E;
        match event {
            E::ChannelConnected {
                tenant,
                channel,
                phone_number_id,
                waba_id,
                display_phone_number,
                name,
            } => {
                let (account, display) = (phone_number_id, display_phone_number);
                let kind = ChannelKind::Whatsapp;
                self.follow(Connection { tenant, channel, kind, account, waba_id, display, name });
            }
            E::ChannelAccountConnected { tenant, channel, kind, account, display, name } => {
                let waba_id = None;
                self.follow(Connection { tenant, channel, kind, account, waba_id, display, name });
            }
            E::ChannelDisabled { .. } | E::ChannelAccountDisabled { .. } => {
                self.status = ChannelStatus::Disabled;
                self.trouble = None;
            }
            E::ChannelDegraded { reason } => {
                self.status = ChannelStatus::Degraded;
                self.trouble = Some(reason);
            }
            E::ChannelRestored => {
                self.status = ChannelStatus::Connected;
                self.trouble = None;
            }
        }
    }
}

impl ChannelAccount {
    /// Where it stands.
    pub const fn status(&self) -> ChannelStatus {
        self.status
    }

    /// Meta's id of the number; `None` before the first connection, and for what is no WhatsApp
    /// number.
    pub fn phone_number_id(&self) -> Option<&str> {
        self.account_of(ChannelKind::Whatsapp)
    }

    /// The provider's id of the account, where it is of this kind.
    pub fn account_of(&self, kind: ChannelKind) -> Option<&str> {
        let connection = self.connection.as_ref().filter(|connection| connection.kind == kind)?;
        Some(connection.account.as_str())
    }

    /// What it is; `None` before the first connection.
    pub fn kind(&self) -> Option<ChannelKind> {
        self.connection.as_ref().map(|connection| connection.kind)
    }

    /// Stable code of the trouble that the provider reports, while it is degraded.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    fn follow(&mut self, connection: Connection) {
        self.connection = Some(connection);
        self.status = ChannelStatus::Connected;
        self.trouble = None;
    }

    fn answer(&self, of: &Directed<()>, body: ChannelCommand) -> Decision {
        use ChannelCommand as C;
        match body {
            C::ConnectWhatsApp { phone_number_id, waba_id, display_phone_number, name } => {
                let wanted =
                    connection(of, phone_number_id, waba_id, &display_phone_number, &name)?;
                self.connect(wanted)
            }
            C::Connect { kind, account, display, name } => {
                self.connect(other_connection(of, kind, &account, &display, &name)?)
            }
            C::Disable { reason } => {
                let connection = self.connected()?;
                let reason = match reason.as_deref().filter(|text| !text.trim().is_empty()) {
                    Some(text) => {
                        Some(trimmed(text, REASON_MAX).ok_or(ChannelRefusal::InvalidReason)?)
                    }
                    None => None,
                };
                Ok(match self.status {
                    ChannelStatus::Connected | ChannelStatus::Degraded => {
                        vec![connection.disabled(reason)]
                    }
                    ChannelStatus::Disabled => vec![],
                })
            }
            C::Degrade { reason } => {
                self.in_use()?;
                let reason = trimmed(&reason, REASON_MAX).ok_or(ChannelRefusal::InvalidReason)?;
                if self.trouble.as_ref() == Some(&reason) {
                    return Ok(vec![]);
                }
                Ok(vec![ChannelEvent::ChannelDegraded { reason }])
            }
            C::Restore => {
                self.in_use()?;
                Ok(match self.status {
                    ChannelStatus::Degraded => vec![ChannelEvent::ChannelRestored],
                    ChannelStatus::Connected | ChannelStatus::Disabled => vec![],
                })
            }
        }
    }

    fn connect(&self, wanted: Connection) -> Decision {
        match (&self.connection, self.status) {
            (Some(now), ChannelStatus::Connected | ChannelStatus::Degraded) if *now == wanted => {
                return Ok(vec![]);
            }
            (Some(_), ChannelStatus::Connected | ChannelStatus::Degraded) => {
                return Err(ChannelRefusal::AlreadyConnected);
            }
            (None, _) | (Some(_), ChannelStatus::Disabled) => {}
        }
        Ok(vec![wanted.connected()])
    }

    fn connected(&self) -> Result<&Connection, ChannelRefusal> {
        self.connection.as_ref().ok_or(ChannelRefusal::NotFound)
    }

    fn in_use(&self) -> Result<(), ChannelRefusal> {
        self.connected()?;
        match self.status {
            ChannelStatus::Connected | ChannelStatus::Degraded => Ok(()),
            ChannelStatus::Disabled => Err(ChannelRefusal::Disabled),
        }
    }
}

impl Connection {
    fn connected(self) -> ChannelEvent {
        let Self { tenant, channel, kind, account, waba_id, display, name } = self;
        if kind == ChannelKind::Whatsapp {
            let (phone_number_id, display_phone_number) = (account, display);
            return ChannelEvent::ChannelConnected {
                tenant,
                channel,
                phone_number_id,
                waba_id,
                display_phone_number,
                name,
            };
        }
        ChannelEvent::ChannelAccountConnected { tenant, channel, kind, account, display, name }
    }

    fn disabled(&self, reason: Option<String>) -> ChannelEvent {
        let account = self.account.clone();
        if self.kind == ChannelKind::Whatsapp {
            return ChannelEvent::ChannelDisabled { phone_number_id: account, reason };
        }
        ChannelEvent::ChannelAccountDisabled { kind: self.kind, account, reason }
    }
}

/// The connection to another provider that is asked for, checked.
fn other_connection(
    of: &Directed<()>,
    kind: ChannelKind,
    account: &str,
    display: &str,
    name: &str,
) -> Result<Connection, ChannelRefusal> {
    if kind == ChannelKind::Whatsapp {
        return Err(ChannelRefusal::UseWhatsApp);
    }
    Ok(Connection {
        tenant: of.tenant,
        channel: of.aggregate_id.parse().map_err(|_| ChannelRefusal::InvalidId)?,
        kind,
        account: kind.canonical(account).ok_or(ChannelRefusal::InvalidAccount(kind.form()))?,
        waba_id: None,
        display: trimmed(display, NAME_MAX).ok_or(ChannelRefusal::InvalidDisplay)?,
        name: trimmed(name, NAME_MAX).ok_or(ChannelRefusal::InvalidName)?,
    })
}

/// The connection to a WhatsApp number that is asked for, checked.
fn connection(
    of: &Directed<()>,
    phone_number_id: String,
    waba_id: Option<String>,
    display_phone_number: &str,
    name: &str,
) -> Result<Connection, ChannelRefusal> {
    if !digits(&phone_number_id, 5, 32) {
        return Err(ChannelRefusal::InvalidPhoneNumberId);
    }
    if waba_id.as_ref().is_some_and(|id| !digits(id, 5, 32)) {
        return Err(ChannelRefusal::InvalidWabaId);
    }
    Ok(Connection {
        tenant: of.tenant,
        channel: of.aggregate_id.parse().map_err(|_| ChannelRefusal::InvalidId)?,
        kind: ChannelKind::Whatsapp,
        account: phone_number_id,
        waba_id,
        display: trimmed(display_phone_number, DISPLAY_MAX)
            .ok_or(ChannelRefusal::InvalidDisplayNumber)?,
        name: trimmed(name, NAME_MAX).ok_or(ChannelRefusal::InvalidName)?,
    })
}

impl DomainAggregate for ChannelAccount {
    type Body = ChannelCommand;
    type Refusal = ChannelRefusal;
    const EVENT_TYPES: &'static [&'static str] = &[
        "ChannelConnected",
        "ChannelAccountConnected",
        "ChannelDisabled",
        "ChannelAccountDisabled",
        "ChannelDegraded",
        "ChannelRestored",
    ];
    const STATE_SCHEMA: u32 = 2;

    fn decide(&self, of: &Directed<()>, body: Self::Body) -> Decision {
        self.answer(of, body)
    }

    fn claims(&self, event: &Self::Event) -> Vec<Claim> {
        use ChannelEvent as E;
        let Some(Connection { tenant, channel, .. }) = &self.connection else { return Vec::new() };
        let owner = format!("{tenant}/{channel}");
        let claim = match event {
            E::ChannelConnected { phone_number_id: account, .. } => {
                Claim::take(ChannelKind::Whatsapp.claim(), account, owner)
            }
            E::ChannelAccountConnected { kind, account, .. } => {
                Claim::take(kind.claim(), account, owner)
            }
            E::ChannelDisabled { phone_number_id: account, .. } => {
                Claim::release(ChannelKind::Whatsapp.claim(), account, owner)
            }
            E::ChannelAccountDisabled { kind, account, .. } => {
                Claim::release(kind.claim(), account, owner)
            }
            E::ChannelDegraded { .. } | E::ChannelRestored => return Vec::new(),
        };
        vec![claim.installation_wide()]
    }
}
