//! Leads from the ad to the sale, by hand.

use bitacora_api::auth::Role;
use serde_json::{Value, json};

use super::desk::Desk;
use crate::graphql_socket::Client;
use crate::support::text;

const LEAD: &str = "lead { id status step eligibility duplicateOf { id } }";

async fn captured(desk: &Desk, more: Value) -> Value {
    let mut input = json!({ "offerId": desk.offer });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    desk.does("captureLead", LEAD, input).await["lead"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_has_one_lead_of_an_offer_and_the_second_is_its_duplicate() {
    let desk = Desk::new().await;
    let person = json!({ "name": "Ana Paz", "phone": "+54 9 11 5555-0001" });
    let first = captured(&desk, person.clone()).await;
    assert_eq!(
        (text(&first["status"]), text(&first["step"])),
        ("TO_BE_CONTACTED".into(), "RECEIVED".into())
    );
    let second = captured(&desk, person).await;
    assert_eq!(second["status"], "DUPLICATE");
    assert_eq!(second["duplicateOf"]["id"], first["id"]);
    // Somebody whom nobody knows waits, and is found out about.
    let stranger = captured(&desk, json!({ "externalId": "fila-7" })).await;
    assert_eq!(stranger["status"], "PENDING_MAPPING");
    let contact = desk.app.contact("+5491155550002", "Beto").await;
    let input = json!({ "id": stranger["id"], "contactId": contact });
    let known = desk.does("identifyLead", LEAD, input).await;
    assert_eq!(known["lead"]["status"], "TO_BE_CONTACTED");
    let taken = json!({ "externalId": "fila-7", "offerId": desk.offer });
    assert_eq!(desk.fails("captureLead", taken).await, "ALREADY_TAKEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_without_an_offer_is_mapped_transferred_and_merged() {
    let desk = Desk::new().await;
    let person = json!({ "name": "Ana", "phone": "+5491155550001" });
    let lead = desk.does("captureLead", LEAD, person).await["lead"].clone();
    assert_eq!(lead["status"], "PENDING_MAPPING");
    let input = json!({ "id": lead["id"], "offerId": desk.offer });
    let mapped = desk.does("mapLead", LEAD, input).await;
    assert_eq!(mapped["lead"]["status"], "TO_BE_CONTACTED");
    let draft = desk
        .does(
            "createOffer",
            "offer { id }",
            json!({ "name": "Otra", "kind": "AUTO", "charge": "PER_SALE" }),
        )
        .await["offer"]["id"]
        .clone();
    let input = json!({ "id": lead["id"], "offerId": draft });
    assert_eq!(desk.fails("transferLead", input.clone()).await, "OFFER_NOT_ACTIVE");
    desk.does("publishOffer", "offer { id }", json!({ "id": draft })).await;
    desk.does("transferLead", LEAD, input).await;
    let other = captured(&desk, json!({ "phone": "+5491155550003" })).await;
    let merged =
        desk.does("mergeLead", LEAD, json!({ "id": other["id"], "into": lead["id"] })).await;
    assert_eq!(merged["lead"]["duplicateOf"]["id"], lead["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_judged_by_its_answers_and_every_point_is_explained() {
    let desk = Desk::new().await;
    let lead = captured(
        &desk,
        json!({ "phone": "+5491155550001", "answers": [
        { "answer": { "timing": "NOW" }, "said": "ya mismo" },
        { "answer": { "intent": "CURIOUS" }, "confidenceBp": 3000 },
    ] }),
    )
    .await;
    let id = lead["id"].clone();
    let score = "lead { score { total missing timing { points of reason } intent { points reason } \
                 quality { points } } answers { nodes { field value counts } } }";
    let scored = desk.does("scoreLead", score, json!({ "id": id })).await["lead"].clone();
    let why = &scored["score"];
    assert_eq!(why["timing"], json!({ "points": 15, "of": 15, "reason": "NOW" }));
    assert_eq!(why["intent"], json!({ "points": 0, "reason": "NOT_ANSWERED" }), "not sure enough");
    assert_eq!(why["missing"], json!(["TYPOLOGY"]));
    assert_eq!(why["total"], 15 + 2);
    assert_eq!(scored["answers"]["nodes"].as_array().unwrap().len(), 2);
    let wrong = json!({ "id": id, "answer": { "answer": { "name": " " } } });
    assert_eq!(desk.fails("answerLeadQuestion", wrong).await, "INVALID_ANSWER");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_goes_aside_and_comes_back() {
    let desk = Desk::new().await;
    let lead = captured(&desk, json!({ "phone": "+5491155550001" })).await;
    let id = json!({ "id": lead["id"] });
    let with = |more: Value| {
        let mut input = id.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let status = |done: Value| text(&done["lead"]["status"]);
    assert_eq!(desk.fails("handOffLead", id.clone()).await, "LEAD_NOT_CONTACTED");
    let contacted = with(json!({ "number": 1, "template": "a_mano" }));
    assert_eq!(status(desk.does("recordLeadContact", LEAD, contacted).await), "CONTACTED");
    assert_eq!(status(desk.does("handOffLead", LEAD, id.clone()).await), "HUMAN_HANDOFF");
    assert_eq!(status(desk.does("returnLead", LEAD, id.clone()).await), "QUALIFYING");
    assert_eq!(status(desk.does("coolLead", LEAD, id.clone()).await), "COOLING");
    assert_eq!(status(desk.does("reactivateLead", LEAD, id.clone()).await), "REACTIVATION");
    let none = with(json!({ "reason": "OTHER", "note": "se mudó" }));
    assert_eq!(status(desk.does("disqualifyLead", LEAD, none).await), "DISQUALIFIED");
    assert_eq!(desk.fails("reactivateLead", id.clone()).await, "REASON_REQUIRED");
    let again = with(json!({ "reason": "volvió" }));
    assert_eq!(status(desk.does("reactivateLead", LEAD, again).await), "REACTIVATION");
    let low =
        desk.does("prioritiseLead", "lead { lowPriority }", with(json!({ "lowPriority": true })));
    assert_eq!(low.await["lead"]["lowPriority"], true);
    assert_eq!(status(desk.does("stopLead", LEAD, id.clone()).await), "STOPPED");
    assert_eq!(desk.fails("reactivateLead", id).await, "LEAD_ENDED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivered_lead_is_disputed_and_the_operator_answers() {
    let desk = Desk::new().await;
    let lead = captured(
        &desk,
        json!({ "phone": "+5491155550001", "name": "Ana Paz",
        "answers": [{ "answer": { "typology": "loft" } }] }),
    )
    .await;
    assert_eq!(lead["status"], "LEAD_READY");
    let id = lead["id"].clone();
    for _ in 0..50 {
        desk.settle().await;
        if !desk.taken.lock().unwrap().is_empty() {
            break;
        }
    }
    desk.settle().await;
    let seen = desk
        .asks(
            "query($id: ID!, $at: Position) { lead(id: $id, atLeast: $at) { status eligibility name
            delivery { status confirmed targets { nodes { name status reference attempts } } } }
            deliveries(filter: { lead: { eq: $id } }) { nodes { id status } } }",
            json!({ "id": id, "at": desk.now().await }),
        )
        .await;
    assert_eq!(seen["lead"]["status"], "SENT_TO_DEVELOPER", "{seen}");
    assert_eq!(
        (&seen["lead"]["name"], &seen["lead"]["eligibility"]),
        (&json!("Ana Paz"), &json!("CHARGEABLE"))
    );
    let target = &seen["lead"]["delivery"]["targets"]["nodes"][0];
    assert_eq!((&target["status"], &target["reference"]), (&json!("CONFIRMED"), &json!("crm-1")));
    let dispute = json!({ "id": id, "reason": "SPAM", "note": "nadie atiende" });
    desk.does("disputeLead", LEAD, dispute.clone()).await;
    assert_eq!(desk.fails("disputeLead", dispute).await, "DISPUTE_OPEN");
    let answer = "mutation($input: ResolveLeadDisputeInput!) { resolveLeadDispute(input: $input) { \
        lead { status eligibility disputes { nodes { reason status note answer } } } \
        errors { ... on UserError { code } } } }";
    let input = json!({ "input": { "id": id, "refund": true, "note": "verificado" } });
    let own = desk.app.run(answer, input.clone()).await;
    assert_eq!(own.code(), "FORBIDDEN", "nobody answers their own dispute");
    let told = desk.app.run_as(&desk.app.operator_token(), answer, input).await;
    let lead = &told.data()["resolveLeadDispute"]["lead"];
    assert_eq!(
        (&lead["status"], &lead["eligibility"]),
        (&json!("REFUNDED"), &json!("NOT_CHARGEABLE_SPAM"))
    );
    assert_eq!(
        lead["disputes"]["nodes"][0],
        json!({ "reason": "SPAM", "status": "REFUNDED",
        "note": "nadie atiende", "answer": "verificado" })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_funnel_counts_leads_by_offer_and_day() {
    let desk = Desk::new().await;
    for n in 1..=3 {
        captured(&desk, json!({ "phone": format!("+549115555000{n}") })).await;
    }
    let ready =
        json!({ "phone": "+5491155550009", "answers": [{ "answer": { "typology": "loft" } }] });
    captured(&desk, ready).await;
    let none = captured(&desk, json!({ "phone": "+5491155550008" })).await;
    desk.does("disqualifyLead", LEAD, json!({ "id": none["id"], "reason": "SPAM" })).await;
    let today = desk.app.app.clock.now().date_naive().to_string();
    let funnel = desk
        .asks(
            "query($day: Date!, $offer: ID, $at: Position) { leadFunnel(from: $day, to: $day, \
            offerId: $offer, atLeast: $at) { total { received inChat qualified delivered \
            notQualified total } rows { day offer { name } counts { total } } } }",
            json!({ "day": today, "offer": desk.offer, "at": desk.now().await }),
        )
        .await["leadFunnel"]
        .clone();
    assert_eq!(
        funnel["total"],
        json!({ "received": 3, "inChat": 0, "qualified": 1,
        "delivered": 0, "notQualified": 1, "total": 5 })
    );
    assert_eq!(
        funnel["rows"],
        json!([{ "day": today, "offer": { "name": "Torre Palermo" },
        "counts": { "total": 5 } }])
    );
    let page = desk
        .asks(
            "{ leads(first: 2, filter: { step: { eq: RECEIVED } }, orderBy: [{ field: CAPTURED_AT, \
            direction: ASC }]) { nodes { step } pageInfo { hasNextPage } } }",
            json!({}),
        )
        .await["leads"]
        .clone();
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_have_versions_of_their_criteria_and_ads_lead_to_one() {
    let desk = Desk::new().await;
    let set = json!({ "id": desk.offer, "criteria": { "readyPoints": 70 } });
    let fields = "offer { criteriaVersion criteria { readyPoints typologies weights { typology } } \
        criteriaVersions { nodes { version criteria { readyPoints } } } ads { nodes { kind adId } } }";
    let offer = desk.does("setOfferCriteria", fields, set).await["offer"].clone();
    assert_eq!(offer["criteriaVersion"], 2);
    assert_eq!(
        offer["criteria"],
        json!({ "readyPoints": 70, "typologies": ["loft"],
        "weights": { "typology": 15 } }),
        "what is not given stays"
    );
    assert_eq!(
        offer["criteriaVersions"]["nodes"][1],
        json!({ "version": 1,
        "criteria": { "readyPoints": 1 } })
    );
    assert_eq!(offer["ads"]["nodes"], json!([{ "kind": "AD", "adId": super::desk::AD }]));
    let other = json!({ "name": "Otra", "kind": "AUTO", "charge": "PER_LEAD" });
    let other = desk.does("createOffer", "offer { id status }", other).await["offer"].clone();
    assert_eq!(other["status"], "DRAFT");
    let taken = desk
        .tries(
            "mapAd",
            "errors { ... on ConflictError { existingId } }",
            json!({ "id": other["id"], "kind": "AD", "adId": super::desk::AD }),
        )
        .await;
    assert_eq!(
        (&taken["errors"][0]["code"], &taken["errors"][0]["existingId"]),
        (&json!("ALREADY_TAKEN"), &json!(desk.offer))
    );
    desk.does("archiveOffer", "offer { status }", json!({ "id": desk.offer })).await;
    let free = json!({ "id": other["id"], "kind": "AD", "adId": super::desk::AD });
    desk.does("mapAd", "offer { adCount }", free).await;
    let bad = json!({ "id": other["id"], "criteria": { "readyPoints": 0 } });
    assert_eq!(desk.fails("setOfferCriteria", bad).await, "INVALID_CRITERIA");
}

#[tokio::test(flavor = "multi_thread")]
async fn systems_that_take_leads_are_connected_and_their_secrets_shown_once() {
    let desk = Desk::new().await;
    let key = json!({ "kind": "WEBHOOK", "name": "Otro", "url": "https://crm.example.test/x",
        "idempotencyKey": "k1" });
    let fields = "leadTarget { id name enabled } secret";
    let first = desk.does("connectLeadTarget", fields, key.clone()).await;
    let again = desk.does("connectLeadTarget", fields, key).await;
    assert_eq!(first["leadTarget"]["id"], again["leadTarget"]["id"]);
    assert_eq!(again["secret"], Value::Null);
    let id = json!({ "id": first["leadTarget"]["id"] });
    let rotated = desk.does("rotateLeadTargetSecret", "secret", id).await;
    assert_ne!(rotated["secret"], first["secret"]);
    let off = json!({ "id": first["leadTarget"]["id"], "enabled": false });
    desk.does("enableLeadTarget", "leadTarget { enabled }", off).await;
    let sheet = json!({ "kind": "GOOGLE_SHEETS", "name": "Hoja", "url": "https://x.example.test" });
    assert_eq!(desk.fails("connectLeadTarget", sheet).await, "TARGET_KIND_NOT_SUPPORTED");
    let bad = json!({ "kind": "WEBHOOK", "name": "X", "url": "ftp://x.example.test" });
    assert_eq!(desk.fails("connectLeadTarget", bad).await, "HTTPS_NEEDED");
    let seen = desk.asks("{ leadTargets { name enabled } }", json!({})).await;
    assert_eq!(
        seen["leadTargets"],
        json!([{ "name": "CRM", "enabled": true },
        { "name": "Otro", "enabled": false }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_leads_are_told_in_order_and_nodes_are_found() {
    let desk = Desk::new().await;
    let start = desk.now().await;
    let lead = captured(&desk, json!({ "phone": "+5491155550001" })).await;
    let mut client = Client::ready(&desk.app, &desk.app.token(Role::Agent)).await;
    let changed = "subscription($after: Cursor) { leadChanged(after: $after) { eventType version \
        lead { id version } } }";
    client.subscribe("s", changed, json!({ "after": start })).await;
    let mut seen = Vec::new();
    while seen.last().is_none_or(|name| name != "LeadMapped") {
        let told = client.json().await["payload"]["data"]["leadChanged"].clone();
        assert!(told["lead"]["version"].as_i64() >= told["version"].as_i64());
        seen.push(text(&told["eventType"]));
    }
    assert_eq!(seen, ["LeadCaptured", "LeadContactIdentified", "LeadMapped"]);
    let nodes = desk
        .asks(
            "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }",
            json!({ "ids": [lead["id"], desk.offer] }),
        )
        .await;
    assert_eq!(
        nodes["nodes"],
        json!([{ "__typename": "Lead", "id": lead["id"] },
        { "__typename": "Offer", "id": desk.offer }])
    );
}
