//! A business with an offer, an ad, and a system that takes leads.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::body::Bytes;
use axum::extract::State;
use bitacora_adapters::reactors::PgReactors;
use bitacora_commands::Envelope;
use bitacora_commands::effects::{self, EffectOptions, EffectParts, EffectWorker};
use bitacora_commands::leads::{Leads, Told, id_of};
use bitacora_commands::ports::{
    EffectQueue, FilledForm, FormFault, LeadForms, LeadPorts, ReactorStore,
};
use bitacora_commands::reactors::{self, ReactorOptions, ReactorRunner};
use bitacora_domain::aggregates::lead::{LeadPerson, LeadSource};
use bitacora_domain::aggregates::offer::{AdKey, AdKeyKind};
use bitacora_domain::{Actor, CommandId, LeadId};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{TestApp, text};

/// What the form says: none of these words may be seen before the delivery.
pub(super) const SECRETS: [&str; 4] = ["Mariano", "66600033", "6660 0033", "mquiroga"];
pub(super) const AD: &str = "23850001112220";

struct Form;

#[async_trait]
impl LeadForms for Form {
    async fn fetch(&self, id: &str) -> Result<FilledForm, FormFault> {
        let phone = format!("+54 9 11 6660 00{}", id.len() + 32);
        let field = |name: &str, value: &str| (name.to_owned(), vec![value.to_owned()]);
        let fields = vec![
            field("full_name", "Mariano Quiroga"),
            field("phone_number", &phone),
            field("email", "mquiroga@example.test"),
            field("presupuesto", "80.000 - 120.000 USD"),
        ];
        Ok(FilledForm { ads: Vec::new(), fields })
    }
}

pub(super) struct Desk {
    pub(super) app: TestApp,
    worker: EffectWorker,
    reactors: ReactorRunner,
    pub(super) offer: String,
    /// Bodies that the system was posted.
    pub(super) taken: Arc<Mutex<Vec<Value>>>,
}

async fn take(State(taken): State<Arc<Mutex<Vec<Value>>>>, body: Bytes) -> &'static str {
    taken.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
    r#"{"id":"crm-1"}"#
}

impl Desk {
    pub(super) async fn new() -> Self {
        let app = TestApp::start().await;
        let ports = &app.app.leads;
        let leads = LeadPorts { forms: Arc::new(Form), ..ports.clone() };
        let parts = EffectParts { leads, ..EffectParts::over(app.app.bus.clone()) };
        let (queue, clock) = (app.queue.clone(), app.app.clock.clone());
        let queue: Arc<dyn EffectQueue> = queue;
        let handlers = effects::all(&parts);
        let worker = EffectWorker::new("test", queue, clock, handlers, EffectOptions::default());
        let store =
            PgReactors::new(app.db.pools(), app.app.reader.clone(), Arc::new(Notify::new()));
        let store: Arc<dyn ReactorStore> = Arc::new(store);
        let reactors = ReactorRunner::new(store, reactors::all(), ReactorOptions::default());
        app.channel("210987654321098").await;
        let taken: Arc<Mutex<Vec<Value>>> = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/leads", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(take).with_state(taken.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let mut desk = Self { app, worker, reactors, offer: String::new(), taken };
        desk.furnish(&url).await;
        desk
    }

    async fn furnish(&mut self, url: &str) {
        let offer = self
            .does(
                "createOffer",
                "offer { id }",
                json!({
                    "name": "Torre Palermo", "kind": "PROPERTY", "charge": "SUBSCRIPTION",
                    "criteria": { "minimumFields": ["TYPOLOGY"], "readyPoints": 1,
                        "lowPriorityPoints": 0, "readyFromForm": true, "typologies": ["loft"],
                        "contact": { "attemptsMax": 2, "attemptGapMinutes": 1440, "touchesMax": 3,
                            "touchGapMinutes": 3360, "silenceMinutes": 2880,
                            "hours": { "timeZone": "UTC", "weekdays": [1, 2, 3, 4, 5, 6, 7],
                                "fromMinute": 0, "untilMinute": 1440 },
                            "attemptTemplate": "lead_bienvenida_spa", "attemptLanguage": "es_AR",
                            "touchTemplate": "lead_reactivacion_spa", "touchLanguage": "es_AR" } },
                }),
            )
            .await;
        self.offer = text(&offer["offer"]["id"]);
        self.does("publishOffer", "offer { status }", json!({ "id": self.offer })).await;
        let ad = json!({ "id": self.offer, "kind": "AD", "adId": AD });
        self.does("mapAd", "offer { adCount }", ad).await;
        let target = json!({ "kind": "WEBHOOK", "name": "CRM", "url": url });
        let connected = self.does("connectLeadTarget", "leadTarget { id } secret", target).await;
        assert!(text(&connected["secret"]).starts_with("whsec_"));
    }

    /// A mutation of an owner: its payload with `fields`, or with its errors.
    pub(super) async fn tries(&self, name: &str, fields: &str, input: Value) -> Value {
        let mut kind = name.to_owned();
        kind[..1].make_ascii_uppercase();
        let query = format!(
            "mutation($input: {kind}Input!) {{ {name}(input: $input) {{ {fields} \
             errors {{ ... on UserError {{ code message path }} }} }} }}"
        );
        let reply = self.app.run(&query, json!({ "input": input })).await;
        reply.data()[name].clone()
    }

    /// One that must do.
    pub(super) async fn does(&self, name: &str, fields: &str, input: Value) -> Value {
        let done = self.tries(name, fields, input).await;
        assert_eq!(done["errors"], json!([]), "{name}");
        done
    }

    /// The code of one that must not.
    pub(super) async fn fails(&self, name: &str, input: Value) -> String {
        let failed = self.tries(name, "__typename", input).await;
        text(&failed["errors"][0]["code"])
    }

    pub(super) async fn asks(&self, query: &str, variables: Value) -> Value {
        self.app.run(query, variables).await.data().clone()
    }

    /// The webhook of an ad came.
    pub(super) async fn ad_lead(&self, external_id: &str) -> LeadId {
        let tenant = self.app.tenant;
        let lead = id_of(tenant, LeadSource::MetaLeadAd, external_id);
        let told = Told {
            source: LeadSource::MetaLeadAd,
            external_id: Some(external_id.to_owned()),
            ads: vec![AdKey { kind: AdKeyKind::Ad, id: AD.to_owned() }],
            offer: None,
            contact: None,
            person: LeadPerson::default(),
            answers: Vec::new(),
        };
        let bus = &self.app.app.bus;
        let command = CommandId::from_fact(&format!("leadgen:{external_id}"));
        let fingerprint = bus.key().fingerprint(&external_id).unwrap();
        let now = self.app.app.clock.now();
        let envelope = Envelope::new(tenant, Actor::provider("meta"), command, fingerprint, now);
        Leads::new(bus.clone()).capture(&envelope, lead, told).await.unwrap();
        lead
    }

    /// Reacts and does what is due until nothing more comes of it.
    pub(super) async fn settle(&self) {
        for _ in 0..20 {
            let reacted = self.reactors.drain().await.unwrap();
            let done = self.worker.drain().await.unwrap();
            if reacted == 0 && done == 0 {
                return;
            }
        }
    }

    /// A query with everything that was done until now in its tables.
    pub(super) async fn now(&self) -> Value {
        let tip = self.app.app.log.tip(self.app.tenant).await.unwrap();
        json!(tip.to_string())
    }

    pub(super) async fn lead(&self, lead: LeadId, fields: &str) -> Value {
        let id = bitacora_api::graphql::ids::NodeType::Lead.id(lead.as_uuid());
        let query = format!(
            "query($id: ID!, $at: Position) {{ lead(id: $id, atLeast: $at) {{ {fields} }} }}"
        );
        let variables = json!({ "id": id.as_str(), "at": self.now().await });
        self.asks(&query, variables).await["lead"].clone()
    }
}

pub(super) fn id_of_lead(lead: LeadId) -> String {
    bitacora_api::graphql::ids::NodeType::Lead.id(lead.as_uuid()).to_string()
}
