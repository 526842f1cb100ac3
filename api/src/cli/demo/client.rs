//! The demo's side of the wire: signed webhooks and GraphQL, over HTTP like everybody's.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::cast::Shop;
use super::wire::signature;
use crate::cli::Failure;
use crate::cli::compose::{LEADGEN, WHATSAPP};

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

/// Finds the open conversation with a contact, by the contact's name.
const CONVERSATION: &str = "query Conversaciones {
  conversations(first: 100, filter: { status: { in: [OPEN, SNOOZED, RESOLVED] } }) {
    nodes { id contact { name } }
  }
}";

/// Finds what the provider calls a message.
const PROVIDER_ID: &str =
    "query Mensaje($id: ID!) { node(id: $id) { ... on Message { providerMessageId status } } }";

/// Is a message there?
const THERE: &str = "query Llegado($wamid: String!) {
  messages(first: 1, filter: { providerMessageId: { eq: $wamid } }) { nodes { id } }
}";

/// A key was used for another request: what it stands for was done on another day.
const DONE_BEFORE: &str = "IDEMPOTENCY_MISMATCH";

/// A mutation of a conversation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mutation {
    /// Name, such as `sendMessage`.
    pub(super) name: &'static str,
    /// What is asked of its payload beside the errors.
    pub(super) fields: &'static str,
}

impl Client {
    pub(super) fn new(
        url: &str,
        app_secret: bitacora_api::config::Secret,
    ) -> Result<Self, Failure> {
        let http = bitacora_adapters::web::builder()
            .map_err(Failure::internal)?
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
        self.delivered(&self.webhook_url(), body).await
    }

    /// Posts a delivery of Meta Lead Ads.
    pub(super) async fn deliver_lead(&self, body: &[u8]) -> Result<(), Failure> {
        self.delivered(&format!("{}/webhooks/{LEADGEN}", self.url), body).await
    }

    async fn delivered(&self, url: &str, body: &[u8]) -> Result<(), Failure> {
        let status = self.post_signed(url, body, self.app_secret.reveal()).await?;
        if status.is_success() {
            return Ok(());
        }
        Err(Failure::unavailable(format!("the server answered a webhook with {status}")))
    }

    /// Posts a delivery that is signed with another secret; the server's answer.
    pub(super) async fn forge(&self, body: &[u8]) -> Result<StatusCode, Failure> {
        self.post_signed(&self.webhook_url(), body, "not the secret that Meta and we share").await
    }

    /// Presses the button of a played payment page.
    pub(super) async fn pay(&self, page: &str) -> Result<(), Failure> {
        let request = self.http.post(page).body("button=pay");
        let form = request.header("content-type", "application/x-www-form-urlencoded");
        let answer =
            form.send().await.map_err(|error| Failure::unavailable(error.without_url()))?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(Failure::unavailable(format!("the payment page answered with {}", answer.status())))
    }

    async fn post_signed(
        &self,
        url: &str,
        body: &[u8],
        secret: &str,
    ) -> Result<StatusCode, Failure> {
        let signature =
            signature(secret, body).ok_or_else(|| Failure::internal("the secret cannot sign"))?;
        let mut pause = Duration::from_millis(100);
        for _ in 1..ATTEMPTS {
            let sent = self.send(url, body, &signature).await;
            match sent {
                Ok(status) if !status.is_server_error() => return Ok(status),
                Ok(_) | Err(_) => tokio::time::sleep(pause).await,
            }
            pause *= 2;
        }
        self.send(url, body, &signature).await.map_err(Failure::unavailable)
    }

    async fn send(
        &self,
        url: &str,
        body: &[u8],
        signature: &str,
    ) -> Result<StatusCode, reqwest::Error> {
        let request = self
            .http
            .post(url)
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

    /// Runs a mutation and returns its payload; `None` when it was done before with another
    /// conversation. The key in the input makes a repetition harmless.
    pub(super) async fn mutate(
        &self,
        token: &str,
        mutation: Mutation,
        input: &Value,
    ) -> Result<Option<Value>, Failure> {
        let Mutation { name, fields } = mutation;
        let (first, rest) = name.split_at(1);
        let query = format!(
            "mutation Demo($input: {}{rest}Input!) {{ {name}(input: $input) {{ {fields} \
             receipt {{ position }} errors {{ ... on UserError {{ code message }} }} }} }}",
            first.to_uppercase()
        );
        let data = self.graphql(token, &query, json!({ "input": input })).await?;
        let payload = data.get(name).cloned().unwrap_or_default();
        let errors = payload.get("errors").and_then(Value::as_array);
        let Some(error) = errors.and_then(|errors| errors.first()) else {
            return Ok(Some(payload));
        };
        if error.get("code").and_then(Value::as_str) == Some(DONE_BEFORE) {
            return Ok(None);
        }
        Err(Failure::new(crate::cli::Exit::Refused, "DEMO_REFUSED", error))
    }

    /// Is the message of this provider's id in the read model?
    pub(super) async fn has_message(&self, token: &str, wamid: &str) -> Result<bool, Failure> {
        let data = self.graphql(token, THERE, json!({ "wamid": wamid })).await?;
        Ok(data.pointer("/messages/nodes/0").is_some())
    }

    /// The provider's id of a message, once the provider has taken it. The second value says
    /// that it will never have one.
    pub(super) async fn provider_id(
        &self,
        token: &str,
        message: &str,
    ) -> Result<(Option<String>, bool), Failure> {
        let data = self.graphql(token, PROVIDER_ID, json!({ "id": message })).await?;
        let text = |field: &str| data.pointer(&format!("/node/{field}")).and_then(Value::as_str);
        let id = text("providerMessageId").map(str::to_owned);
        let never = id.is_none() && text("status") == Some("FAILED");
        Ok((id, never))
    }

    /// The data of a document.
    pub(super) async fn graphql(
        &self,
        token: &str,
        query: &str,
        variables: Value,
    ) -> Result<Value, Failure> {
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
