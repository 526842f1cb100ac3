//! From the body of a delivery to its facts: a message of a contact, or one for each of its
//! files. What the team, bots and the help desk itself write is not taken in: it would come back.

use bitacora_domain::aggregates::contact::IdentityKind;
use bitacora_domain::phone::e164;
use chrono::{DateTime, Utc};
use serde_json::{Value, json as build};

use crate::sources::whatsapp::person::name_of;
use crate::sources::{Fact, FactKind, Person, PersonIdentity, json, repair};

/// Most files of a message.
const FILES_MAX: usize = 16;
/// Longest e-mail address.
const EMAIL_MAX: usize = 254;

pub(super) fn facts(body: &[u8]) -> Vec<Fact> {
    let repaired = repair(body);
    let Ok(root) = serde_json::from_slice::<Value>(&repaired.bytes) else {
        let key = format!("cw:unparsable:{}", json::digest_bytes(body));
        let (raw, kind) = (Value::Null, FactKind::Unparsable);
        return vec![Fact { key, account: None, at: None, raw, repaired: repaired.changed, kind }];
    };
    let mut facts = read(root);
    for fact in &mut facts {
        fact.repaired = repaired.changed;
    }
    facts
}

/// `<account>/<inbox>` of a body that nobody believes yet.
pub(super) fn account_in(body: &[u8]) -> Option<String> {
    account(&serde_json::from_slice(&repair(body).bytes).ok()?)
}

fn account(root: &Value) -> Option<String> {
    let part = |name: &str| root.get(name).and_then(|part| json::id(part, "id"));
    let inbox = || json::id(root.get("conversation")?, "inbox_id");
    Some(format!("{}/{}", part("account")?, part("inbox").or_else(inbox)?))
}

fn read(root: Value) -> Vec<Fact> {
    let message = match message(&root) {
        Ok(message) => message,
        Err(reason) => {
            let event = json::text(&root, "event").unwrap_or_default();
            let key = format!("cw:other:{event}:{}", json::digest(&root));
            let (account, at) = (account(&root), time(&root));
            let kind = FactKind::Ignored { reason };
            return vec![Fact { key, account, at, raw: root, repaired: false, kind }];
        }
    };
    let files = json::list(&root, "attachments").iter().take(FILES_MAX).cloned().map(Some);
    // words under a file that has no caption are a message of their own
    let words = json::filled(&root, "content").is_some();
    let alone = files.clone().next().flatten().is_none_or(|file| words && !has_caption(&file));
    let parts = alone.then_some(None).into_iter().chain(files).enumerate();
    parts.map(|(n, file)| message.fact(&root, n, file.as_ref())).collect()
}

fn has_caption(file: &Value) -> bool {
    matches!(json::text(file, "file_type"), Some("image" | "video" | "file"))
}

/// A message that is taken in.
struct Message {
    key: String,
    account: Option<String>,
    from: Person,
    reply_to: Option<String>,
}

/// The message of a delivery, or why there is none for us.
fn message(root: &Value) -> Result<Message, &'static str> {
    if json::text(root, "event") != Some("message_created") {
        return Err("EVENT_NOT_HANDLED");
    }
    let incoming = json::text(root, "message_type") == Some("incoming")
        || json::integer(root, "message_type") == Some(0);
    if !incoming {
        return Err("NOT_INCOMING");
    }
    if json::flag(root, "private") {
        return Err("PRIVATE");
    }
    let sender = root.get("sender").unwrap_or(&Value::Null);
    if json::text(sender, "type") != Some("contact") {
        return Err("NOT_FROM_A_CONTACT");
    }
    let account_id = root.get("account").and_then(|account| json::id(account, "id"));
    let (Some(account_id), Some(id)) = (account_id, json::id(root, "id")) else {
        return Err("MESSAGE_WITHOUT_ID");
    };
    let from = person(sender);
    if from.identities.is_empty() {
        return Err("NO_SENDER");
    }
    let answered = root.get("content_attributes").and_then(|of| json::id(of, "in_reply_to"));
    Ok(Message {
        key: format!("cw:{account_id}:{id}"),
        account: account(root),
        from,
        reply_to: answered.map(|id| format!("cw:{account_id}:{id}")),
    })
}

impl Message {
    /// The part of the message with `file`; the words belong to the first one.
    fn fact(&self, root: &Value, n: usize, file: Option<&Value>) -> Fact {
        let id = if n == 0 { self.key.clone() } else { format!("{}:{n}", self.key) };
        let words = json::text(root, "content").filter(|_| n == 0);
        let raw = build!({ "content": words, "file": file });
        let kind = FactKind::Message {
            from: self.from.clone(),
            id: id.clone(),
            reply_to: self.reply_to.clone(),
            referral: None,
            forwarded: false,
        };
        let (account, at) = (self.account.clone(), time(root));
        Fact { key: id, account, at, raw, repaired: false, kind }
    }
}

/// Who wrote: by number, else by address.
fn person(sender: &Value) -> Person {
    let phone = json::filled(sender, "phone_number").and_then(|phone| e164(&phone, None).ok());
    let identities =
        phone.map(|phone| (IdentityKind::Phone, phone)).into_iter().chain(email(sender));
    Person { identities: identities.collect(), name: json::text(sender, "name").and_then(name_of) }
}

fn email(sender: &Value) -> Option<PersonIdentity> {
    let email = json::text(sender, "email")?.trim().to_lowercase();
    let (name, host) = email.split_once('@')?;
    let plain = !email.chars().any(|char| char.is_whitespace() || char.is_control());
    let sound = !name.is_empty() && host.contains('.') && !host.contains('@') && plain;
    (sound && email.len() <= EMAIL_MAX).then_some((IdentityKind::Email, email))
}

/// When it was written: a text in RFC 3339, or seconds.
fn time(root: &Value) -> Option<DateTime<Utc>> {
    let text = json::text(root, "created_at").and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    text.map(|at| at.with_timezone(&Utc)).or_else(|| json::time(root, "created_at"))
}
