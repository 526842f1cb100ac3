//! Plays a day: act after act, over HTTP.

use std::collections::HashMap;
use std::time::Duration;

use bitacora_api::graphql::ids;
use bitacora_commands::ingest::callback;
use bitacora_domain::{ConversationId, MessageId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Stage;
use super::cast::{Customer, SHOPS, STRANGER, Shop};
use super::script::{Act, Content, Pair, Report, Step, scenes, trickle};
use super::wire;
use crate::cli::{Context, Failure};

/// How often the read model is asked for a conversation, and how long it rests in between.
const LOOKS: u32 = 100;
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Pause between two reports on one message.
const REPORT_PAUSE: Duration = Duration::from_millis(60);

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    messages: u32,
    replies: u32,
    reports: u32,
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
    count: Count,
}

impl Stage {
    /// Plays the day's scenes, then, if asked, a message now and then for ten minutes.
    pub(in crate::cli) async fn play(&self, context: &Context, go_on: bool) -> Result<(), Failure> {
        let mut performance =
            Performance { stage: self, clock_ms: 0, sent: HashMap::new(), count: Count::default() };
        for step in scenes(self.day.seed, self.day.number) {
            performance.step(step).await?;
        }
        let Count { messages, replies, reports, repeated, refused } = performance.count;
        let document = json!({ "event": "demo-played", "day": self.day.number, "messages": messages,
            "replies": replies, "statuses": reports, "repeated": repeated, "refused": refused });
        context.out.emit(&document, || {
            format!(
                "Demo: {messages} mensajes, {replies} respuestas, {reports} estados, \
                     {repeated} repetidos, {refused} falsos rechazados. Sigue un mensaje cada 10 s."
            )
        });
        if go_on {
            for step in trickle(self.day.seed, self.day.number) {
                performance.step(step).await?;
            }
        }
        Ok(())
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
            Act::Reply { who, label, text, reports } => {
                self.reply(who, &label, text, reports).await
            }
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

    /// Answers over GraphQL, then reports on the answer as the provider would.
    async fn reply(
        &mut self,
        who: Pair,
        label: &str,
        text: &str,
        reports: &[(Report, bool)],
    ) -> Result<(), Failure> {
        let (shop, customer) = people(who)?;
        let token = self.stage.token(who.shop);
        let conversation = self.conversation(token, customer).await?;
        let day = &self.stage.day;
        let key = format!("demo:{}:{}:{label}", day.seed, day.number);
        let message = self.stage.client.queue(token, &conversation, text, &key).await?;
        self.count.replies += 1;
        let callback = callback::encode(
            ConversationId::new(uuid_of(&conversation)?),
            MessageId::new(uuid_of(&message)?),
        );
        let wamid = day.wamid(label);
        for (report, with_callback) in reports {
            let echoed = with_callback.then_some(callback.as_str());
            let body = wire::status(shop, customer, &wamid, self.now(), *report, echoed);
            self.stage.client.deliver(&bytes(&body)).await?;
            self.count.reports += 1;
            tokio::time::sleep(REPORT_PAUSE).await;
        }
        Ok(())
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

/// The UUID in a global id of the API.
fn uuid_of(id: &str) -> Result<Uuid, Failure> {
    ids::decode(&id.into())
        .map(|(_, uuid)| uuid)
        .ok_or_else(|| Failure::internal("the API gave an id that it cannot read"))
}
