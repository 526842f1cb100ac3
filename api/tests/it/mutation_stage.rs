//! Conversations in every state that a mutation needs.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test support")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use bitacora_api::auth::Role;
use bitacora_commands::people::NewMember;
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand, Media, MessageContent,
};
use bitacora_domain::{TenantId, UserId};
use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{TestApp, text};

/// A team, two channels, and contacts as needed.
pub(crate) struct Stage {
    /// Of a member who may do everything.
    pub(crate) token: String,
    /// That member.
    pub(crate) user: UserId,
    channels: [String; 2],
    next: AtomicU64,
}

/// A conversation and the ids of what is in it.
pub(crate) struct Scene {
    pub(crate) ids: BTreeMap<&'static str, String>,
}

/// The document of a mutation.
pub(crate) fn document(name: &str, fields: &str) -> String {
    let ty = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    format!("mutation($input: {ty}!) {{ {name}(input: $input) {{ {fields} }} }}")
}

/// Runs a mutation; its payload.
pub(crate) async fn give(
    app: &TestApp,
    token: &str,
    name: &str,
    fields: &str,
    input: &Value,
) -> Value {
    let reply = app.run_as(token, &document(name, fields), json!({ "input": input })).await;
    assert!(reply.body.get("errors").is_none(), "{name} {input:#}: {:#}", reply.body);
    reply.data()[name].clone()
}

/// A global id.
pub(crate) fn node_id(ty: &str, uuid: Uuid) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("{ty}:{uuid}"))
}

/// Makes somebody a member.
pub(crate) async fn hire(app: &TestApp, tenant: TenantId, email: &str, role: Role) -> UserId {
    let member = NewMember {
        tenant,
        email: email.into(),
        name: "Ana".into(),
        password: "una clave larga".into(),
        role,
    };
    app.app.people.ensure_member(member).await.unwrap()
}

impl Stage {
    pub(crate) async fn new(app: &TestApp) -> Self {
        let user = hire(app, app.tenant, "ana@example.com", Role::Owner).await;
        let channels = [app.channel("123456").await, app.channel("654321").await];
        let token = token(app, app.tenant, user);
        Self { token, user, channels, next: AtomicU64::new(0) }
    }

    /// A token of the same person in another tenant.
    pub(crate) async fn token_in(&self, app: &TestApp, tenant: TenantId) -> String {
        let user = hire(app, tenant, "ana@example.com", Role::Owner).await;
        assert_eq!(user, self.user);
        token(app, tenant, user)
    }

    /// A conversation in which the contact has sent a voice message, and what `before` does.
    pub(crate) async fn scene(&self, app: &TestApp, before: &[(&'static str, &str)]) -> Scene {
        let contact = self.contact(app).await;
        let [first, second] = &self.channels;
        let (id, uuid) = app.conversation(&contact, first).await;
        let (other, _) = app.conversation(&contact, second).await;
        let (elsewhere, _) = app.conversation(&self.contact(app).await, first).await;
        let wamid = format!("wamid.{uuid}");
        voice(app, uuid, &wamid).await;
        let later = app.app.clock.now() + TimeDelta::hours(1);
        let mut scene = Scene {
            ids: BTreeMap::from([
                ("id", id),
                ("other", other),
                ("elsewhere", elsewhere),
                ("nothing", node_id("Conversation", Uuid::from_u128(1))),
                ("nobody", node_id("Message", Uuid::from_u128(1))),
                ("stranger", node_id("User", Uuid::from_u128(1))),
                ("agent", node_id("User", self.user.as_uuid())),
                ("message", message(app, &self.token, &wamid).await),
                ("later", later.to_rfc3339()),
            ]),
        };
        for (name, input) in before {
            self.step(app, &mut scene, name, input).await;
        }
        scene
    }

    async fn contact(&self, app: &TestApp) -> String {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        app.contact(&format!("+54911666{n:05}"), "Lucía").await
    }

    async fn step(&self, app: &TestApp, scene: &mut Scene, name: &'static str, input: &str) {
        let (made, place) = match name {
            "scheduleMessage" => ("scheduledMessage { id }", "/scheduledMessage/id"),
            "suggestReply" => ("suggestion { id }", "/suggestion/id"),
            "recordTriage" => ("actions", "/actions/0"),
            _ => ("receipt { position }", "/receipt/position"),
        };
        let fields = format!("{made} errors {{ ... on UserError {{ code message }} }}");
        let payload = give(app, &self.token, name, &fields, &scene.input(input)).await;
        assert_eq!(payload["errors"], json!([]), "{name}");
        let key = match name {
            "scheduleMessage" => "scheduled",
            "suggestReply" => "suggestion",
            "recordTriage" => "action",
            _ => "position",
        };
        scene.ids.insert(key, text(payload.pointer(place).unwrap()));
    }
}

impl Scene {
    /// The input with the ids of this scene, for its conversation.
    pub(crate) fn input(&self, template: &str) -> Value {
        let mut input = self.filled(template);
        input["id"] = json!(self.ids["id"]);
        input
    }

    /// The text with the ids of this scene.
    pub(crate) fn filled(&self, template: &str) -> Value {
        let mut text = template.to_owned();
        for (name, id) in &self.ids {
            text = text.replace(&format!("\"${name}\""), &format!("\"{id}\""));
        }
        serde_json::from_str(&text).unwrap()
    }
}

fn token(app: &TestApp, tenant: TenantId, user: UserId) -> String {
    let (now, ttl) = (app.app.clock.now(), TimeDelta::hours(1));
    app.app.auth.mint(tenant, user, Role::Owner, now, ttl).unwrap()
}

/// The contact sends a voice message.
pub(crate) async fn voice(app: &TestApp, conversation: Uuid, wamid: &str) {
    let media =
        Media { provider_media_id: "m-1".into(), mime_type: "audio/ogg".into(), sha256: None };
    let body = ConversationCommand::ReceiveMessage {
        provider_message_id: wamid.into(),
        content: MessageContent::Audio { media, voice: true },
        reply_to: None,
        referral: None,
        forwarded: false,
        sent_at: app.app.clock.now(),
    };
    app.execute::<Conversation>(app.tenant, &conversation.to_string(), body).await;
}

/// Global id of a message by the provider's.
async fn message(app: &TestApp, token: &str, wamid: &str) -> String {
    let query = "query($wamid: String!, $at: Position!) { messages(first: 1, atLeast: $at, \
        filter: { providerMessageId: { eq: $wamid } }) { nodes { id } } }";
    let at = app.run_as(token, "{ logPosition }", json!({})).await;
    let at = at.data()["logPosition"].clone();
    let reply = app.run_as(token, query, json!({ "wamid": wamid, "at": at })).await;
    text(&reply.data()["messages"]["nodes"][0]["id"])
}
