//! People fill in the forms of ads, one of which nobody mapped to an offer. Who says what they
//! want is delivered for a credit, the others are written to.

use std::collections::BTreeSet;

use bitacora_domain::aggregates::channel_account::ChannelKind;
use bitacora_domain::aggregates::credit_ledger::{
    self, CreditLedger, CreditLedgerCommand, GrantKind, GrantSource,
};
use bitacora_domain::aggregates::lead::LeadField;
use bitacora_domain::aggregates::offer::{
    AdKey, AdKeyKind, ChargeModel, ContactHours, ContactPolicy, Criteria, Offer, OfferCommand,
    OfferKind,
};
use bitacora_domain::{GrantId, OfferId};
use serde_json::{Value, json};

use crate::orders::scenario::{Cast, Delivery, second_of_day};
use crate::orders::stage::Stage;
use crate::orders::works::number_of;

/// Ready as soon as the typology is known, also by the form alone; written to at any time.
fn criteria() -> Criteria {
    let (weekdays, time_zone) = ((1..=7).collect(), "UTC".to_owned());
    let hours = ContactHours { time_zone, weekdays, from_minute: 0, until_minute: 24 * 60 };
    Criteria {
        minimum_fields: BTreeSet::from([LeadField::Typology]),
        ready_points: 1,
        low_priority_points: 0,
        ready_from_form: true,
        contact: ContactPolicy { hours, ..ContactPolicy::default() },
        ..Criteria::default()
    }
}

/// An offer with its ads, a number that writes, and credits for every lead.
async fn furnish(stage: &Stage, cast: &Cast) {
    let (whatsapp, number) = (ChannelKind::Whatsapp, cast.digits("2109"));
    stage.connect_as(cast, number_of(cast.tenant), whatsapp, number).await;
    let offer = OfferId::new(cast.tenant.derive("offer")).to_string();
    let create = OfferCommand::Create {
        name: "Torre Palermo".into(),
        kind: OfferKind::Property,
        charge: ChargeModel::PerLead,
        criteria: criteria(),
    };
    stage.execute::<Offer>(cast, &offer, create).await;
    stage.execute::<Offer>(cast, &offer, OfferCommand::Publish).await;
    for id in ["23850001112220", "23850001112221"] {
        let ad = AdKey { kind: AdKeyKind::Ad, id: id.to_owned() };
        stage.execute::<Offer>(cast, &offer, OfferCommand::MapAd { ad }).await;
    }
    let ledger = credit_ledger::id_of(cast.tenant).to_string();
    stage.execute::<CreditLedger>(cast, &ledger, CreditLedgerCommand::OpenLedger).await;
    let grant = CreditLedgerCommand::GrantCredits {
        grant: GrantId::new(cast.tenant.derive("grant")),
        kind: GrantKind::Goodwill,
        credits: 20,
        priority: 10,
        effective_at: second_of_day(0),
        expires_at: None,
        source: GrantSource::Admin,
    };
    stage.execute::<CreditLedger>(cast, &ledger, grant).await;
}

pub(super) async fn play(stage: &Stage, cast: &Cast) -> Vec<Delivery> {
    let page = cast.digits("1531");
    stage.connect(cast, ChannelKind::MetaPage, page.clone()).await;
    furnish(stage, cast).await;
    let lead = |id: &str, second: i64, ad: Value| {
        let id = cast.digits(id);
        let at = second_of_day(second).timestamp();
        json!({ "field": "leadgen", "value": { "leadgen_id": id, "page_id": page,
            "form_id": "889977665544", "ad_id": ad, "created_time": at } })
    };
    let page_says = |changes: Value| {
        let body = json!({ "object": "page", "entry": [{ "id": page, "changes": changes }] });
        Delivery::json("meta/leadgen", &body)
    };
    let one = |id: &str, second: i64, ad: Value| page_says(json!([lead(id, second, ad)]));
    vec![
        one("4551", 60, json!("23850001112220")),
        one("4552", 70, json!("23850001112220")),
        one("4553", 80, json!(0)),
        page_says(json!([
            lead("4554", 90, json!("23850001112221")),
            lead("4555", 91, json!("23850001112221"))
        ])),
        one("4556", 100, Value::Null),
        one("4557", 110, json!(23_850_001_112_222_u64)),
        page_says(json!([{ "field": "feed", "value": { "item": "post" } }])),
        one("4558", 120, json!("23850001112220")),
    ]
}
