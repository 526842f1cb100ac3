//! What cannot be, who may do what, whose an article is, and how many there may be.

use bitacora_api::auth::Role;
use bitacora_domain::aggregates::tenant::{LimitRule, Tenant, TenantCommand};
use bitacora_domain::{Meter, TenantId};
use serde_json::{Value, json};

use super::{Library, SHOWN, draft};
use crate::mutation_stage::{document, give};
use crate::support::fresh;

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_said_with_its_code_and_place() {
    let library = Library::new().await;
    let id = library.published().await;
    let of = |number: i64| json!({ "id": id, "number": number });
    let upload = |draft: Value| json!({ "draft": draft });
    let long = "é".repeat(50_001);
    let cases = [
        (
            "uploadKnowledgeDocument",
            upload(draft(" ", "x")),
            "ValidationError INVALID_TITLE input.draft",
        ),
        (
            "uploadKnowledgeDocument",
            upload(draft("x", &long)),
            "ValidationError INVALID_BODY input.draft",
        ),
        (
            "uploadKnowledgeDocument",
            upload(json!({ "title": "x" })),
            "ValidationError INVALID_BODY input.draft",
        ),
        (
            "uploadKnowledgeDocument",
            upload(json!({ "title": "x", "body": "x", "language": "Español" })),
            "ValidationError INVALID_LANGUAGE input.draft",
        ),
        (
            "uploadKnowledgeDocument",
            upload(json!({ "title": "x", "source": { "url": "javascript:alert(1)" } })),
            "ValidationError INVALID_DOCUMENT_SOURCE input.draft",
        ),
        (
            "classifyKnowledgeDocument",
            json!({ "id": id, "category": " ", "tags": [] }),
            "ValidationError INVALID_CATEGORY input.category",
        ),
        (
            "rejectKnowledgeDocument",
            json!({ "id": id, "number": 1, "reason": "x" }),
            "RefusedError VERSION_PUBLISHED input.number",
        ),
        ("approveKnowledgeDocument", of(2), "RefusedError VERSION_SUPERSEDED input.number"),
        (
            "restoreKnowledgeDocument",
            json!({ "id": fresh_id() }),
            "NotFoundError DOCUMENT_NOT_FOUND input.id",
        ),
    ];
    for (name, input, expected) in cases {
        assert_eq!(library.fails(name, input).await.join(" "), expected, "{name}");
    }
    let revised = json!({ "id": id, "draft": draft("Cambios", "Diez días.") });
    library.does("reviseKnowledgeDocument", revised).await;
    let early = library.fails("publishKnowledgeDocument", of(2)).await;
    assert_eq!(early.join(" "), "RefusedError DOCUMENT_NOT_APPROVED input.number");
    // The longest text that there can be goes through, and comes back.
    let longest = "é".repeat(50_000);
    let taken = json!({ "draft": draft("Todo", &longest) });
    let taken = library.does("uploadKnowledgeDocument", taken).await;
    let query =
        "query($id: ID!, $at: Position) { knowledgeDocument(id: $id, atLeast: $at) { body } }";
    let read = library.asks(query, json!({ "id": taken["id"] })).await;
    assert_eq!(read["knowledgeDocument"]["body"], json!(longest));
}

fn fresh_id() -> String {
    crate::mutation_stage::node_id("KnowledgeDocument", fresh())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_does_not_approve() {
    let library = Library::new().await;
    let agent = library.app.token(Role::Agent);
    let input = json!({ "draft": draft("Horarios", "De 9 a 18.") });
    let written = give(&library.app, &agent, "uploadKnowledgeDocument", SHOWN, &input).await;
    let id = written["document"]["id"].clone();
    for name in ["approveKnowledgeDocument", "publishKnowledgeDocument"] {
        let query = document(name, "errors { __typename }");
        let input = json!({ "input": { "id": id, "number": 1 } });
        let denied = library.app.run_as(&agent, &query, input).await;
        assert_eq!(denied.code(), "FORBIDDEN", "{name}");
    }
    library.does("approveKnowledgeDocument", json!({ "id": id, "number": 1 })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_sees_and_moves_no_article() {
    let library = Library::new().await;
    let id = library.published().await;
    let other = TenantId::new(fresh());
    library.app.register(other, "segunda").await;
    let token = library.app.token_of(other, Role::Owner, 3_600);
    let at = library.app.position(&token).await;
    let query = "query($id: ID!, $at: Position) { knowledgeDocument(id: $id, atLeast: $at) { title } \
        node(id: $id, atLeast: $at) { id } knowledgeDocuments(atLeast: $at) { totalCount } }";
    let seen = library.app.run_as(&token, query, json!({ "id": id, "at": at })).await;
    let nothing = json!({ "knowledgeDocument": null, "node": null,
        "knowledgeDocuments": { "totalCount": 0 } });
    assert_eq!(seen.data(), &nothing);
    let of = json!({ "id": id, "number": 1 });
    for (name, input) in [
        ("approveKnowledgeDocument", of.clone()),
        ("publishKnowledgeDocument", of),
        ("retireKnowledgeDocument", json!({ "id": id })),
        ("reviseKnowledgeDocument", json!({ "id": id, "draft": draft("x", "x") })),
    ] {
        let payload = give(&library.app, &token, name, SHOWN, &input).await;
        assert_eq!(payload["document"], Value::Null, "{name}");
        assert_eq!(payload["errors"][0]["code"], "NOT_FOUND", "{name}");
    }
    let own = library.asks(query, json!({ "id": id })).await;
    assert_eq!(own["knowledgeDocument"]["title"], "Cambios");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_plan_takes_no_article_until_one_is_retired() {
    let library = Library::new().await;
    let tenant = library.app.tenant;
    let (meter, reason) = (Meter::Documents, "Prueba".to_owned());
    let rule = LimitRule::AtMost(2);
    let body = TenantCommand::OverrideLimit { meter, rule, reason };
    library.app.execute::<Tenant>(tenant, &tenant.to_string(), body).await;
    let first = library.published().await;
    let second = library.article().await;
    let third = json!({ "draft": draft("Horarios", "De 9 a 18.") });
    let full = library.fails("uploadKnowledgeDocument", third.clone()).await;
    assert_eq!(full.join(" "), "RefusedError LIMIT_REACHED input");
    // A revision takes no further place.
    let revised = json!({ "id": second, "draft": draft("Cambios", "Diez días.") });
    library.does("reviseKnowledgeDocument", revised).await;
    let usage = async || {
        let usage = library
            .asks("query($at: Position) { usage(atLeast: $at) { meter used limit } }", json!({}))
            .await;
        let rows = usage["usage"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["meter"] == "DOCUMENTS").unwrap()
    };
    assert_eq!(usage().await, json!({ "meter": "DOCUMENTS", "used": 2, "limit": 2 }));
    let retired = library.does("retireKnowledgeDocument", json!({ "id": first })).await;
    assert_eq!((&retired["status"], &retired["published"]), (&json!("RETIRED"), &Value::Null));
    assert_eq!(usage().await["used"], 1);
    let third = library.does("uploadKnowledgeDocument", third).await;
    let full = library.fails("restoreKnowledgeDocument", json!({ "id": first })).await;
    assert_eq!(full.join(" "), "RefusedError LIMIT_REACHED input");
    library.does("retireKnowledgeDocument", json!({ "id": third["id"] })).await;
    // What comes back is approved as it was, and has to be published again.
    let back = library.does("restoreKnowledgeDocument", json!({ "id": first })).await;
    assert_eq!((&back["status"], &back["publishedVersion"]), (&json!("APPROVED"), &Value::Null));
    let again = library.does("publishKnowledgeDocument", json!({ "id": first, "number": 1 })).await;
    assert_eq!(again["published"]["number"], 1);
    assert_eq!(usage().await["used"], 2);
}
