//! From the body of a delivery to its facts: a message, or one for each of its files.
//!
//! A message has no id. It is told apart by account, person, words, files and the few seconds in
//! which it came: a second delivery of it is the same fact, a second "hola" a minute later is
//! another one. When the bot sends an id after all, that decides.

use chrono::{DateTime, Utc};
use serde_json::{Value, json as build};

use super::content;
use crate::sources::whatsapp::person::{name_of, wa_identities};
use crate::sources::{Arrival, Fact, FactKind, Person, json, repair};

/// Within so many seconds the same words are the same message.
const BUCKET_S: i64 = 5;
/// Most files of a message.
const FILES_MAX: usize = 16;

/// What a body is about.
struct Read<'a> {
    account: Option<String>,
    data: &'a Value,
    /// `in` or `out`: what the bot repeats is not what the contact said.
    direction: &'static str,
    received_at: DateTime<Utc>,
}

pub(super) fn facts(arrival: &Arrival<'_>, account: Option<String>) -> Vec<Fact> {
    let repaired = repair(arrival.body);
    let Ok(root) = serde_json::from_slice::<Value>(&repaired.bytes) else {
        let key = format!("bb:unparsable:{}", json::digest_bytes(arrival.body));
        let (raw, kind) = (Value::Null, FactKind::Unparsable);
        return vec![Fact { key, account, at: None, raw, repaired: repaired.changed, kind }];
    };
    let mut facts = read(arrival, account, root);
    for fact in &mut facts {
        fact.repaired = repaired.changed;
    }
    facts
}

fn read(arrival: &Arrival<'_>, account: Option<String>, root: Value) -> Vec<Fact> {
    let event = json::text(&root, "eventName").or_else(|| json::text(&root, "event"));
    let direction = match event {
        Some("message.incoming" | "message.received") => "in",
        Some("message.outgoing") => "out",
        _ => return vec![ignored(arrival, account, root, "EVENT_NOT_HANDLED")],
    };
    let data = root.get("data").unwrap_or(&Value::Null);
    let identities = json::id(data, "from").map(|from| wa_identities(Some(number(&from))));
    let Some(identities) = identities.filter(|identities| !identities.is_empty()) else {
        return vec![ignored(arrival, account, root, "NO_SENDER")];
    };
    // The name in an echo is the bot's, or nobody's.
    let name = json::text(data, "name").filter(|_| direction == "in").and_then(name_of);
    let person = Person { identities, name };
    let read = Read { account, data, direction, received_at: arrival.received_at };
    read.facts(&person)
}

impl Read<'_> {
    /// One fact for each file, or one for the words.
    fn facts(&self, person: &Person) -> Vec<Fact> {
        let (words, files) = (words(self.data), files(self.data));
        let key = self.key(words, &files);
        // words with a sound are a message of their own: it has no caption
        let sound = |file: &Value| is_sound(file) && !content::is_placeholder(words);
        let alone = files.first().is_none_or(|file| sound(file) && !words.is_empty());
        let files = files.into_iter().map(Some);
        let parts = alone.then_some(None).into_iter().chain(files).enumerate();
        parts.map(|(n, file)| self.fact(person, &key, (n, words, file))).collect()
    }

    fn fact(
        &self,
        person: &Person,
        key: &str,
        (n, words, file): (usize, &str, Option<Value>),
    ) -> Fact {
        let id = if n == 0 { key.to_owned() } else { format!("{key}:{n}") };
        // the words belong to the first part
        let words = if n == 0 { words } else { "" };
        let raw = build!({ "from": json::id(self.data, "from"), "body": words, "file": file });
        let kind = if self.direction == "in" {
            let (from, id) = (person.clone(), id.clone());
            FactKind::Message { from, id, reply_to: None, referral: None, forwarded: false }
        } else {
            FactKind::Echo { to: person.clone(), id: id.clone(), may_be_ours: true }
        };
        Fact { key: id, account: self.account.clone(), at: None, raw, repaired: false, kind }
    }

    /// `bb:<direction>:<id or digest>`.
    fn key(&self, words: &str, files: &[Value]) -> String {
        let direction = self.direction;
        let account = self.account.as_deref().unwrap_or_default();
        if let Some(id) = provider_id(self.data) {
            return format!("bb:{direction}:{}", json::digest(&build!([account, id])));
        }
        let bucket = self.received_at.timestamp().div_euclid(BUCKET_S);
        let from = json::id(self.data, "from");
        let all = build!([account, from, words, files, bucket]);
        format!("bb:{direction}:{}", json::digest(&all))
    }
}

fn ignored(
    arrival: &Arrival<'_>,
    account: Option<String>,
    raw: Value,
    reason: &'static str,
) -> Fact {
    let bucket = arrival.received_at.timestamp().div_euclid(BUCKET_S);
    let key = format!("bb:other:{}:{bucket}", json::digest(&raw));
    Fact { key, account, at: None, raw, repaired: false, kind: FactKind::Ignored { reason } }
}

/// The number in what WhatsApp's own libraries call a person.
fn number(from: &str) -> &str {
    from.strip_suffix("@s.whatsapp.net").or_else(|| from.strip_suffix("@c.us")).unwrap_or(from)
}

/// What was said: newer bots call it `body`, echoes `answer`, older bots `message.text`.
fn words(data: &Value) -> &str {
    let older = || data.get("message").and_then(|message| json::text(message, "text"));
    let newer = json::text(data, "body").or_else(|| json::text(data, "answer"));
    newer.or_else(older).unwrap_or_default()
}

/// The id of the message, in bots that send one.
fn provider_id(data: &Value) -> Option<String> {
    let inner = data.get("key").map(|key| json::id(key, "id"));
    json::id(data, "messageId").or_else(|| json::id(data, "id")).or(inner.flatten())
}

fn is_sound(file: &Value) -> bool {
    json::text(file, "mimetype").is_some_and(|mime| mime.starts_with("audio/"))
}

/// The files, as `{url, mimetype}`. The temporary address repeats the first one, or is all that
/// there is.
fn files(data: &Value) -> Vec<Value> {
    let attached = json::list(data, "attachment").iter();
    let mut files: Vec<Value> = attached
        .filter_map(|raw| {
            let url = json::filled(raw, "url")?;
            Some(build!({ "url": url, "mimetype": json::filled(raw, "mimetype") }))
        })
        .take(FILES_MAX)
        .collect();
    if let (true, Some(url)) = (files.is_empty(), json::filled(data, "urlTempFile")) {
        files.push(build!({ "url": url, "mimetype": null }));
    }
    files
}
