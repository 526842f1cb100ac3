//! Fixed ids and times.

use bitacora_domain::{
    ChannelAccountId, ContactId, ConversationId, MessageId, Personal, Subject, TenantId, TicketId,
    UserId,
};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// Id of the aggregate under test, whatever it is.
pub(crate) const STREAM: Uuid = Uuid::from_u128(0xA1);
pub(crate) const TENANT: TenantId = TenantId::new(Uuid::from_u128(0x7E));
pub(crate) const CONVERSATION: ConversationId = ConversationId::new(STREAM);
pub(crate) const TICKET: TicketId = TicketId::new(STREAM);
pub(crate) const CONTACT: ContactId = ContactId::new(Uuid::from_u128(0xC0));
pub(crate) const CHANNEL: ChannelAccountId = ChannelAccountId::new(Uuid::from_u128(0xCA));
pub(crate) const AGENT: UserId = UserId::new(Uuid::from_u128(0xA6));

/// 2026-03-02 12:00 UTC and so many minutes.
pub(crate) fn minute(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_452_800, 0).unwrap() + TimeDelta::minutes(minutes)
}

/// The message made by the `n`-th command of a case.
pub(crate) fn message(n: u128) -> MessageId {
    MessageId::new(super::command_id(n).derive("id:0"))
}

/// Something personal of [`CONTACT`].
pub(crate) fn personal(text: &str) -> Personal<String> {
    Personal::new(Subject::contact(CONTACT), text.to_owned())
}

/// Something personal whose value is hidden.
pub(crate) fn hidden() -> Personal<String> {
    serde_json::from_value(serde_json::json!({"$p": {"s": "contact:x", "v": null}})).unwrap()
}
