//! People fill in the forms of two ads, one of them mapped to an offer by nobody.

use bitacora_domain::aggregates::channel_account::ChannelKind;
use serde_json::{Value, json};

use crate::orders::scenario::{Cast, Delivery, second_of_day};
use crate::orders::stage::Stage;

pub(super) async fn play(stage: &Stage, cast: &Cast) -> Vec<Delivery> {
    let page = cast.digits("1531");
    stage.connect(cast, ChannelKind::MetaPage, page.clone()).await;
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
