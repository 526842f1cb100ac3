//! Plays a day: act after act, over HTTP.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::Stage;
use super::cast::{Customer, SHOPS, STRANGER, Shop};
use super::client::Mutation;
use super::script::{Act, Content, Pair, Step, WAITING, scenes, trickle};
use super::story::Told;
use super::wire;
use crate::cli::{Context, Failure};

/// How often the read model is asked for a conversation, and how long it rests in between.
const LOOKS: u32 = 100;
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// How long a suggestion of the demo stands, seconds: longer than anybody reads a banner.
const SUGGESTION_S: i64 = 12 * 3_600;
/// How long a hand-off of the demo waits for somebody, seconds.
const HANDOFF_S: i64 = 12 * 3_600;

const SEND: Mutation = Mutation { name: "sendMessage", fields: "message { id }" };
const SUGGEST: Mutation = Mutation { name: "suggestReply", fields: "suggestion { id }" };
const HANDOFF: Mutation = Mutation { name: "requestHandoff", fields: "clientMutationId" };
const TICKET: Mutation = Mutation { name: "openTicket", fields: "clientMutationId" };
const CLOSE: Mutation = Mutation { name: "closeConversation", fields: "clientMutationId" };

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    messages: u32,
    replies: u32,
    handoffs: u32,
    suggestions: u32,
    tickets: u32,
    repeated: u32,
    refused: u32,
}

/// A day in progress.
struct Performance<'a> {
    stage: &'a Stage,
    /// Seconds of the day that have passed, by script.
    clock_ms: u64,
    /// Bodies by label, to deliver them again.
    sent: HashMap<String, Vec<u8>>,
    /// Global ids of the shops' answers, by label.
    answers: HashMap<String, String>,
    /// The provider's id of what each customer said last.
    last: HashMap<Pair, String>,
    count: Count,
}

impl Stage {
    /// Plays the day's scenes, then, if asked, a message now and then for ten minutes.
    pub(in crate::cli) async fn play(&self, context: &Context, go_on: bool) -> Result<(), Failure> {
        let mut performance = Performance {
            stage: self,
            clock_ms: 0,
            sent: HashMap::new(),
            answers: HashMap::new(),
            last: HashMap::new(),
            count: Count::default(),
        };
        let articles = self.articles().await?;
        for step in scenes(self.day.seed, self.day.number) {
            performance.step(step).await?;
        }
        let Count { messages, replies, handoffs, suggestions, tickets, repeated, refused } =
            performance.count;
        let told = self.told().await;
        let (_, waiting) = people(WAITING)?;
        let waiting = performance.conversation(self.token(WAITING.shop), waiting).await?;
        let document = json!({ "event": "demo-played", "day": self.day.number, "messages": messages,
            "replies": replies, "handoffs": handoffs, "suggestions": suggestions,
            "tickets": tickets, "articles": articles, "repeated": repeated, "refused": refused, "waiting": waiting,
            "story": told.as_ref().map(Told::document) });
        context.out.emit(&document, || {
            format!(
                "Demo: {messages} mensajes, {replies} respuestas, {handoffs} derivación, \
                 {suggestions} sugerencia, {tickets} tickets, {articles} artículos, {repeated} repetidos, {refused} falso rechazado. \
                 Sigue un mensaje cada 10 s.\n{}\n{}",
                told.as_ref().map(Told::banner).unwrap_or_default(),
                super::banner::three_steps(&self.url, &waiting)
            )
        });
        if go_on {
            for step in trickle(self.day.seed, self.day.number) {
                performance.step(step).await?;
            }
        }
        Ok(())
    }

    /// The day's story; one that did not come to its end is told to the log alone.
    async fn told(&self) -> Option<Told> {
        let told = self.story().await;
        told.map_err(|failure| {
            tracing::warn!(
                code = failure.code,
                "the demo's story ended early: {}",
                failure.message
            );
        })
        .ok()
    }

    fn token(&self, shop: usize) -> &str {
        self.tokens.get(shop).map_or("", String::as_str)
    }
}

impl Performance<'_> {
    async fn step(&mut self, step: Step) -> Result<(), Failure> {
        tokio::time::sleep(Duration::from_millis(step.wait_ms)).await;
        self.clock_ms += step.wait_ms;
        match step.act {
            Act::Say { who, label, content } => self.say(who, label, &content).await,
            Act::Again { label } => self.again(&label).await,
            Act::Reply { who, label, text } => self.reply(who, label, text).await,
            Act::React { who, label, target, emoji } => {
                self.react(who, label, &target, emoji).await
            }
            Act::Handoff { who, label, note } => {
                let rest = json!({ "reason": "CUSTOMER_ASKED", "note": note,
                    "timeoutSeconds": HANDOFF_S });
                self.ask(who, &label, HANDOFF, rest).await?;
                self.count.handoffs += 1;
                Ok(())
            }
            Act::Suggest { who, label, text } => {
                let rest = json!({ "text": text, "expiresSeconds": SUGGESTION_S });
                self.ask(who, &label, SUGGEST, rest).await?;
                self.count.suggestions += 1;
                Ok(())
            }
            Act::Ticket { who, label, subject, category } => {
                let about = json!({ "subject": subject, "category": category });
                self.ticket(who, &label, about).await
            }
            Act::Close { who, label } => self.close(who, &label).await,
            Act::Stranger { label } => {
                let [customer] = STRANGER.customers else { return Ok(()) };
                let text = Content::Text("¿Hola?");
                self.post(&STRANGER, customer, label, &text).await
            }
            Act::Forged => self.forge().await,
        }
    }

    /// The provider's time, by script.
    fn now(&self) -> i64 {
        self.stage.day.started + i64::try_from(self.clock_ms / 1_000).unwrap_or(0)
    }

    async fn say(&mut self, who: Pair, label: String, content: &Content) -> Result<(), Failure> {
        let (shop, customer) = people(who)?;
        if !matches!(content, Content::Edit { .. } | Content::Reaction { .. }) {
            self.last.insert(who, self.stage.day.wamid(&label));
        }
        self.post(shop, customer, label, content).await
    }

    async fn post(
        &mut self,
        shop: &Shop,
        customer: &Customer,
        label: String,
        content: &Content,
    ) -> Result<(), Failure> {
        let body = wire::message(&self.stage.day, shop, customer, &label, self.now(), content);
        let body = bytes(&body);
        self.stage.client.deliver(&body).await?;
        self.sent.insert(label, body);
        self.count.messages += 1;
        Ok(())
    }

    async fn again(&mut self, label: &str) -> Result<(), Failure> {
        if let Some(body) = self.sent.get(label) {
            self.stage.client.deliver(body).await?;
            self.count.repeated += 1;
        }
        Ok(())
    }

    async fn forge(&mut self) -> Result<(), Failure> {
        let body = bytes(&json!({"object": "whatsapp_business_account", "entry": []}));
        let status = self.stage.client.forge(&body).await?;
        if status != reqwest::StatusCode::UNAUTHORIZED {
            return Err(Failure::internal(format!("a forged webhook was answered with {status}")));
        }
        self.count.refused += 1;
        Ok(())
    }

    /// Answers over GraphQL. What becomes of it, the provider tells.
    async fn reply(&mut self, who: Pair, label: String, text: &str) -> Result<(), Failure> {
        let rest = json!({ "content": { "text": { "body": text } }, "clientMessageId": label });
        let payload = self.ask(who, &label, SEND, rest).await?;
        let message = payload.as_ref().and_then(|payload| payload.pointer("/message/id"));
        if let Some(message) = message.and_then(Value::as_str) {
            self.answers.insert(label, message.to_owned());
        }
        self.count.replies += 1;
        Ok(())
    }

    /// Reacts to an answer, by the id that the provider gave it. An answer that the provider
    /// did not take has none; nobody can react to it.
    async fn react(
        &mut self,
        who: Pair,
        label: String,
        target: &str,
        emoji: &'static str,
    ) -> Result<(), Failure> {
        let Some(message) = self.answers.get(target).cloned() else { return Ok(()) };
        for _ in 0..LOOKS {
            match self.stage.client.provider_id(self.stage.token(who.shop), &message).await? {
                (Some(target_id), _) => {
                    return self.say(who, label, &Content::Reaction { target_id, emoji }).await;
                }
                (None, true) => return Ok(()),
                (None, false) => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
        Ok(())
    }

    async fn close(&mut self, who: Pair, label: &str) -> Result<(), Failure> {
        let (_, customer) = people(who)?;
        let (client, token) = (&self.stage.client, self.stage.token(who.shop));
        // a customer who has nothing open needs no end
        let Some(id) = client.conversation(token, customer.name).await? else { return Ok(()) };
        self.mutate(token, &id, label, CLOSE, json!({})).await?;
        Ok(())
    }

    /// Opens a ticket that came up in the conversation with a customer.
    async fn ticket(&mut self, who: Pair, label: &str, mut input: Value) -> Result<(), Failure> {
        let (_, customer) = people(who)?;
        let token = self.stage.token(who.shop);
        self.heard(token, who).await?;
        let conversation = self.conversation(token, customer).await?;
        if let Some(fields) = input.as_object_mut() {
            fields.insert("conversationId".to_owned(), conversation.into());
            fields.insert("idempotencyKey".to_owned(), self.key(label).into());
        }
        self.stage.client.mutate(token, TICKET, &input).await?;
        self.count.tickets += 1;
        Ok(())
    }

    /// The key of a mutation: the same day again does it once.
    fn key(&self, label: &str) -> String {
        let day = &self.stage.day;
        format!("demo:{}:{}:{label}", day.seed, day.number)
    }

    /// A mutation of the conversation with a customer.
    async fn ask(
        &self,
        who: Pair,
        label: &str,
        mutation: Mutation,
        rest: Value,
    ) -> Result<Option<Value>, Failure> {
        let (_, customer) = people(who)?;
        let token = self.stage.token(who.shop);
        self.heard(token, who).await?;
        let id = self.conversation(token, customer).await?;
        self.mutate(token, &id, label, mutation, rest).await
    }

    async fn mutate(
        &self,
        token: &str,
        id: &str,
        label: &str,
        mutation: Mutation,
        mut input: Value,
    ) -> Result<Option<Value>, Failure> {
        if let Some(fields) = input.as_object_mut() {
            fields.insert("id".to_owned(), id.into());
            fields.insert("idempotencyKey".to_owned(), self.key(label).into());
        }
        self.stage.client.mutate(token, mutation, &input).await
    }

    /// Waits until what the customer said last is there: an answer comes behind it.
    async fn heard(&self, token: &str, who: Pair) -> Result<(), Failure> {
        let Some(last) = self.last.get(&who) else { return Ok(()) };
        for _ in 0..LOOKS {
            if self.stage.client.has_message(token, last).await? {
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Err(Failure::unavailable("a message did not show up; do ingest and projector run?"))
    }

    /// Waits until the read model has the conversation: it was started by a webhook of a moment
    /// ago.
    async fn conversation(&self, token: &str, customer: &Customer) -> Result<String, Failure> {
        for _ in 0..LOOKS {
            if let Some(id) = self.stage.client.conversation(token, customer.name).await? {
                return Ok(id);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Err(Failure::unavailable("a conversation did not show up; does a projector run?"))
    }
}

fn people(who: Pair) -> Result<(&'static Shop, &'static Customer), Failure> {
    let shop = SHOPS.get(who.shop);
    shop.and_then(|shop| Some((shop, shop.customers.get(who.customer)?)))
        .ok_or_else(|| Failure::internal("the script names nobody"))
}

fn bytes(body: &Value) -> Vec<u8> {
    body.to_string().into_bytes()
}
