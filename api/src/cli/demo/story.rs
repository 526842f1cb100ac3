//! One person through all parts of the house: an ad brings a lead, who is qualified on WhatsApp,
//! delivered for a credit, called, and complains in a ticket. By signed webhooks and mutations;
//! everything in between the house does by itself. The person is invented by the offline twin of
//! Meta's forms, so whoever knows the form's id knows the person, too.

mod calling;
mod furnish;
mod person;

use std::time::Duration;

use serde_json::{Value, json};

use self::person::Person;
use super::Stage;
use super::cast::{SHOPS, Shop};
use super::client::Mutation;
use super::wire;
use crate::cli::Failure;

/// How often the read model is asked whether something has happened, and the rest in between.
const LOOKS: u32 = 240;
const LOOK_AGAIN: Duration = Duration::from_millis(250);

const ANSWER: Mutation = Mutation { name: "answerLeadQuestion", fields: "clientMutationId" };
const OPEN_TICKET: Mutation = Mutation { name: "openTicket", fields: "ticket { id number }" };

/// The lead of a form.
const LEAD: &str = "query Interesado($form: String!) {
  leads(first: 1, filter: { externalId: { eq: $form } }) {
    nodes { id step replies score { total } contact { id conversations(first: 1) { nodes { id } } } }
  }
}";

/// What the story came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// Points of the lead, of 100.
    pub(super) points: i64,
    /// It was delivered, and a credit paid for it.
    pub(super) delivered: bool,
    /// How the call stands (`COMPLETED`).
    pub(super) call: String,
    /// The number of the ticket.
    pub(super) ticket: i64,
    /// Global id of the contact.
    pub(super) contact: String,
}

impl Told {
    /// For programs.
    pub(super) fn document(&self) -> Value {
        let Self { points, delivered, call, ticket, contact } = self;
        json!({ "points": points, "delivered": delivered, "call": call, "ticket": ticket,
            "contact": contact })
    }

    /// For people.
    pub(super) fn banner(&self) -> String {
        let Self { points, delivered, call, ticket, contact } = self;
        let end = if *delivered {
            "entregado por un crédito"
        } else {
            "listo; sin créditos no se entrega"
        };
        format!(
            "Un interesado llegó por un anuncio, se calificó por WhatsApp ({points} de 100 puntos), \
             quedó {end}, recibió una llamada ({call}) y reclamó en el ticket {ticket:06}. Todo junto:\n\n   \
             {{ contact(id: \"{contact}\") {{ name activity(first: 20) {{ nodes {{ kind at credits \
             message {{ text }} call {{ status }} ticket {{ number }} lead {{ step }} }} }} }} }}\n"
        )
    }
}

/// A story in progress.
struct Story<'a> {
    stage: &'a Stage,
    shop: &'static Shop,
    token: &'a str,
    person: Person,
}

impl Stage {
    /// Tells the day's story in the first shop.
    pub(super) async fn story(&self) -> Result<Told, Failure> {
        let [shop, _] = &SHOPS;
        let token = self.tokens.first().map_or("", String::as_str);
        let person = Person::of(&self.day).await?;
        let story = Story { stage: self, shop, token, person };
        let deliverable = story.furnish().await?;
        story.tell(deliverable).await
    }
}

impl Story<'_> {
    async fn tell(&self, deliverable: bool) -> Result<Told, Failure> {
        let form = self.person.form_id.as_str();
        let filled = wire::leadgen(form, self.stage.day.started);
        self.stage.client.deliver_lead(&bytes(&filled)).await?;
        let lead = self.lead("the lead has a contact", |lead| has(lead, "/contact/id")).await?;
        self.writes("story-1", 11, "¡Hola! Vi el anuncio del Plan Visión, me interesa.").await?;
        let heard = |lead: &Value| number(lead, "/replies") > 0;
        self.lead("the lead has answered", heard).await?;
        self.writes("story-2", 12, "Somos cuatro, en Palermo, y lo queremos ya.").await?;
        for (name, answer) in answers() {
            let input = json!({ "id": text(&lead, "/id"), "answer": { "answer": answer } });
            self.does(ANSWER, name, input).await?;
        }
        let ready = |lead: &Value| {
            let step = text(lead, "/step");
            step == "DELIVERED" || (step == "QUALIFIED" && !deliverable)
        };
        let lead = self.lead("the lead is delivered", ready).await?;
        let call = self.calls(&text(&lead, "/contact/id")).await?;
        self.writes(
            "story-3",
            15,
            "En la llamada no me supieron decir nada. Quiero hacer un reclamo.",
        )
        .await?;
        let ticket = self.complains(&lead).await?;
        Ok(Told {
            points: number(&lead, "/score/total"),
            delivered: text(&lead, "/step") == "DELIVERED",
            call,
            ticket,
            contact: text(&lead, "/contact/id"),
        })
    }

    async fn complains(&self, lead: &Value) -> Result<i64, Failure> {
        let input = json!({ "subject": "Llamada sin respuestas sobre el Plan Visión", "category": "RECLAMO",
            "contactId": text(lead, "/contact/id"),
            "conversationId": lead.pointer("/contact/conversations/nodes/0/id") });
        let opened = self.does(OPEN_TICKET, "ticket", input).await?.unwrap_or_default();
        Ok(number(&opened, "/ticket/number"))
    }

    /// The person writes on WhatsApp, so many seconds after the day began: behind the scenes.
    async fn writes(&self, label: &str, after: i64, words: &str) -> Result<(), Failure> {
        let (day, Person { name, wa_id, .. }) = (&self.stage.day, &self.person);
        let said = wire::Said { name, wa_id, label, at: day.started + after, words };
        let body = wire::text_of(day, self.shop, &said);
        self.stage.client.deliver(&bytes(&body)).await
    }

    /// A mutation under a key of the day: the same day again changes nothing.
    async fn does(
        &self,
        mutation: Mutation,
        label: &str,
        mut input: Value,
    ) -> Result<Option<Value>, Failure> {
        let day = &self.stage.day;
        if let Some(fields) = input.as_object_mut() {
            let key = format!("demo:{}:{}:story:{label}", day.seed, day.number);
            fields.insert("idempotencyKey".to_owned(), key.into());
        }
        self.stage.client.mutate(self.token, mutation, &input).await
    }

    /// The day's lead, once it is as `wanted`.
    async fn lead(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value, Failure> {
        let variables = json!({ "form": self.person.form_id });
        self.once(what, LEAD, variables, "/leads/nodes/0", wanted).await
    }

    /// What a query shows at `place`, once it is as `wanted`.
    async fn once(
        &self,
        what: &str,
        query: &str,
        variables: Value,
        place: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value, Failure> {
        for _ in 0..LOOKS {
            let data = self.stage.client.graphql(self.token, query, variables.clone()).await?;
            if let Some(found) = data.pointer(place).filter(|found| wanted(found)) {
                return Ok(found.clone());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let advice = format!("the demo waited in vain until {what}; do all roles run?");
        Err(Failure::unavailable(advice))
    }
}

/// What the person answers to the questions of the offer, as the AI service would understand it.
fn answers() -> [(&'static str, Value); 4] {
    let budget = json!({ "minMinor": 9_000_000, "maxMinor": 11_000_000, "currency": "ARS" });
    [
        ("budget", json!({ "budget": budget })),
        ("zone", json!({ "zone": { "zone": "palermo" } })),
        ("timing", json!({ "timing": "NOW" })),
        ("intent", json!({ "intent": "READY" })),
    ]
}

fn bytes(body: &Value) -> Vec<u8> {
    body.to_string().into_bytes()
}

fn has(value: &Value, place: &str) -> bool {
    value.pointer(place).is_some_and(|found| !found.is_null())
}

fn text(value: &Value, place: &str) -> String {
    value.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(value: &Value, place: &str) -> i64 {
    value.pointer(place).and_then(Value::as_i64).unwrap_or_default()
}
