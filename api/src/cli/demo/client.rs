//! The demo's side of the wire: signed webhooks and GraphQL, over HTTP like everybody's.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::cast::Shop;
use super::wire::signature;
use crate::cli::Failure;
use crate::cli::compose::WHATSAPP;

/// Time for one request.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a request is tried that the server cannot take now.
const ATTEMPTS: u32 = 8;

/// Talks to one server.
#[derive(Clone, Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    url: String,
    app_secret: bitacora_api::config::Secret,
}

/// Finds the conversation with a contact, by the contact's name.
const CONVERSATION: &str =
    "query Conversaciones { conversations(first: 100) { nodes { id contact { name } } } }";

/// Queues an answer.
const QUEUE: &str = "mutation Responder($input: QueueMessageInput!) {
  queueMessage(input: $input) { receipt { position } errors { ... on UserError { code message } } }
}";

/// Finds the answer again, by our own id for it.
const QUEUED: &str = "query Respuesta($id: ID!, $position: Position!) {
  messages(first: 50, atLeast: $position, filter: {conversation: {eq: $id}}) {
    nodes { id clientMessageId }
  }
}";

impl Client {
    pub(super) fn new(
        url: &str,
        app_secret: bitacora_api::config::Secret,
    ) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .no_proxy()
            .build()
            .map_err(Failure::internal)?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned(), app_secret })
    }

    pub(super) fn webhook_url(&self) -> String {
        format!("{}/webhooks/{WHATSAPP}", self.url)
    }

    /// Posts a delivery as Meta does: signed, and again when the server cannot take it now.
    pub(super) async fn deliver(&self, body: &[u8]) -> Result<(), Failure> {
        let status = self.post_signed(body, self.app_secret.reveal()).await?;
        if status.is_success() {
            return Ok(());
        }
        Err(Failure::unavailable(format!("the server answered a webhook with {status}")))
    }

    /// Posts a delivery that is signed with another secret; the server's answer.
    pub(super) async fn forge(&self, body: &[u8]) -> Result<StatusCode, Failure> {
        self.post_signed(body, "not the secret that Meta and we share").await
    }

    async fn post_signed(&self, body: &[u8], secret: &str) -> Result<StatusCode, Failure> {
        let signature =
            signature(secret, body).ok_or_else(|| Failure::internal("the secret cannot sign"))?;
        let mut pause = Duration::from_millis(100);
        for _ in 1..ATTEMPTS {
            let sent = self.send(body, &signature).await;
            match sent {
                Ok(status) if !status.is_server_error() => return Ok(status),
                Ok(_) | Err(_) => tokio::time::sleep(pause).await,
            }
            pause *= 2;
        }
        self.send(body, &signature).await.map_err(Failure::unavailable)
    }

    async fn send(&self, body: &[u8], signature: &str) -> Result<StatusCode, reqwest::Error> {
        let request = self
            .http
            .post(self.webhook_url())
            .header("content-type", "application/json")
            .header("x-hub-signature-256", signature)
            .body(body.to_vec());
        Ok(request.send().await?.status())
    }

    /// Global id of the shop's conversation with a contact, once the read model has it.
    pub(super) async fn conversation(
        &self,
        token: &str,
        name: &str,
    ) -> Result<Option<String>, Failure> {
        let data = self.graphql(token, CONVERSATION, json!({})).await?;
        let nodes = data.pointer("/conversations/nodes").and_then(Value::as_array);
        let found = nodes
            .into_iter()
            .flatten()
            .find(|node| node.pointer("/contact/name").and_then(Value::as_str) == Some(name));
        Ok(found.and_then(|node| node.get("id")?.as_str().map(str::to_owned)))
    }

    /// Queues an answer and returns the message's global id; `key` makes a repetition harmless.
    pub(super) async fn queue(
        &self,
        token: &str,
        conversation: &str,
        text: &str,
        key: &str,
    ) -> Result<String, Failure> {
        let input = json!({ "id": conversation, "content": { "text": { "body": text } },
            "clientMessageId": key, "idempotencyKey": key });
        let data = self.graphql(token, QUEUE, json!({ "input": input })).await?;
        let Some(position) = data.pointer("/queueMessage/receipt/position") else {
            let errors = data.pointer("/queueMessage/errors").cloned().unwrap_or_default();
            return Err(Failure::new(crate::cli::Exit::Refused, "QUEUE_REFUSED", errors));
        };
        let variables = json!({ "id": conversation, "position": position });
        let data = self.graphql(token, QUEUED, variables).await?;
        let nodes = data.pointer("/messages/nodes").and_then(Value::as_array);
        let queued = nodes
            .into_iter()
            .flatten()
            .find(|node| node.get("clientMessageId").and_then(Value::as_str) == Some(key));
        queued
            .and_then(|node| node.get("id")?.as_str().map(str::to_owned))
            .ok_or_else(|| Failure::unavailable("a queued message did not show up"))
    }

    async fn graphql(&self, token: &str, query: &str, variables: Value) -> Result<Value, Failure> {
        let request = self
            .http
            .post(format!("{}/graphql", self.url))
            .bearer_auth(token)
            .json(&json!({ "query": query, "variables": variables }));
        let answer: Value = async { request.send().await?.json().await }
            .await
            .map_err(|error: reqwest::Error| Failure::unavailable(error.without_url()))?;
        match answer.get("data") {
            Some(data) if !data.is_null() => Ok(data.clone()),
            Some(_) | None => {
                let errors = answer.get("errors").cloned().unwrap_or_default();
                Err(Failure::new(crate::cli::Exit::Refused, "GRAPHQL", errors))
            }
        }
    }
}

/// A curl that posts one signed message, for people to try.
pub(super) fn signed_curl(client: &Client, shop: &Shop, now: i64) -> Option<String> {
    let customer = shop.customers.first()?;
    let from = customer.wa_id?;
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": shop.waba_id, "changes": [
        {"field": "messages", "value": {"messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "0", "phone_number_id": shop.phone_number_id},
            "contacts": [{"profile": {"name": customer.name}, "wa_id": from}],
            "messages": [{"from": from, "id": format!("wamid.prueba-{now}"), "timestamp": now.to_string(),
                "type": "text", "text": {"body": "Hola desde curl"}}]}}]}]})
    .to_string();
    let signature = signature(client.app_secret.reveal(), body.as_bytes())?;
    Some(format!(
        "curl -s -i {} -H 'content-type: application/json' -H 'x-hub-signature-256: {signature}' -d '{body}'",
        client.webhook_url()
    ))
}
