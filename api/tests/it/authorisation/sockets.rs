//! Subscriptions of many callers at once.

use bitacora_api::access::{Access, Kind};
use bitacora_api::auth::Role;
use bitacora_domain::aggregates::credit_ledger;
use serde_json::{Value, json};
use uuid::Uuid;

use super::callers::{Caller, Who};
use crate::graphql_socket::{Client, Said};
use crate::support::TestApp;

/// A conversation: global id and UUID.
pub(super) async fn conversation(app: &TestApp) -> (String, Uuid) {
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    app.conversation(&contact, &channel).await
}

/// What makes noise, beside typing.
const MUTATIONS: [&str; 4] = ["requestHandoff", "openTicket", "captureLead", "requestCall"];

/// Something for each subscription to tell of.
pub(super) async fn make_noise(app: &TestApp, (id, uuid): &(String, Uuid)) {
    app.receive(*uuid, "wamid.RUIDO", "Hola").await;
    let ledger = credit_ledger::id_of(app.tenant).to_string();
    for body in [
        credit_ledger::CreditLedgerCommand::OpenLedger,
        credit_ledger::CreditLedgerCommand::SetLowBalanceThreshold { low: 3, rearm: 7 },
    ] {
        app.execute::<credit_ledger::CreditLedger>(app.tenant, &ledger, body).await;
    }
    let contact = app.contact("+5491166600012", "Ruido").await;
    let query = "mutation($id: ID!, $contact: ID!) { \
        requestHandoff(input: { id: $id, reason: CUSTOMER_ASKED }) { ...Said } \
        openTicket(input: { subject: \"Ruido\", category: OTRO, contactId: $contact }) { ...Said } \
        captureLead(input: { phone: \"+5491166600013\", name: \"Ruido\" }) { ...Said } \
        requestCall(input: { contactId: $contact, purpose: SALES }) { ...Said } \
        setTyping(input: { conversationId: $id, on: true }) { __typename } }";
    let query = query.replace("{ ...Said }", "{ errors { ... on UserError { code message } } }");
    let asked = json!({ "id": id, "contact": contact });
    let reply = app.run_as(&app.token(Role::Owner), &query, asked).await;
    for name in MUTATIONS {
        assert_eq!(reply.data()[name]["errors"], json!([]), "{name}: {:#}", reply.body);
    }
}

/// A socket with all subscriptions of its caller.
pub(super) struct Listener {
    who: Who,
    client: Client,
    allowed: Vec<String>,
    denied: Vec<String>,
    /// Denials that came.
    refused: Vec<String>,
}

impl Listener {
    /// Subscribes to everything and waits for the denials; `None` for somebody without a token,
    /// whose socket is closed.
    pub(super) async fn open(
        app: &TestApp,
        caller: &Caller,
        fields: &[(Kind, &'static str, Access)],
        (conversation, after): (&str, &str),
        may: impl Fn(Access) -> bool,
    ) -> Option<Self> {
        let Some(token) = &caller.token else {
            let mut client = Client::open(app, Some("graphql-transport-ws")).await;
            client.subscribe("1", "subscription { events { cursor } }", json!({})).await;
            assert_eq!(client.next().await, Said::Closed(4401));
            return None;
        };
        let mut client = Client::ready(app, token).await;
        let (mut allowed, mut denied) = (Vec::new(), Vec::new());
        for (_, field, access) in fields {
            let argument = match *field {
                "typing" => format!("(conversationId: \"{conversation}\")"),
                _ => format!("(after: \"{after}\")"),
            };
            let document = format!("subscription {{ {field}{argument} {{ __typename }} }}");
            client.subscribe(field, &document, json!({})).await;
            if may(*access) { &mut allowed } else { &mut denied }.push((*field).to_owned());
        }
        let who = caller.who;
        let mut listener = Self { who, client, allowed, denied, refused: Vec::new() };
        while listener.refused.len() < listener.denied.len() {
            let message = listener.client.json().await;
            listener.take_refusal(&message);
        }
        Some(listener)
    }

    /// The subscription is one of those that the caller may have.
    pub(super) fn follows(&self, field: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed == field)
    }

    fn take_refusal(&mut self, message: &Value) {
        assert_eq!(message["type"], "error", "{:?}: {message}", self.who);
        let code = &message["payload"][0]["extensions"]["code"];
        assert_eq!(code, "FORBIDDEN", "{:?}: {message}", self.who);
        self.refused.push(message["id"].as_str().unwrap().to_owned());
    }

    /// How many were denied, and how many were heard: each that is allowed.
    pub(super) async fn finish(&mut self) -> (usize, usize) {
        let mut silent = self.allowed.clone();
        while !silent.is_empty() {
            let message = self.client.json().await;
            assert_eq!(message["type"], "next", "{:?}: {message}", self.who);
            assert!(message["payload"].get("errors").is_none(), "{:?}: {message}", self.who);
            silent.retain(|field| message["id"] != field.as_str());
        }
        self.refused.sort();
        self.denied.sort();
        assert_eq!(self.refused, self.denied, "{:?}", self.who);
        (self.denied.len(), self.allowed.len())
    }
}
