//! The life of an article.

use bitacora_api::auth::Role;
use bitacora_domain::aggregates::knowledge_document::{
    KnowledgeDocument, KnowledgeDocumentCommand as Command,
};
use serde_json::{Value, json};

use super::{Library, SHOWN, draft};
use crate::mutation_stage::{document, give};
use crate::support::text;

#[tokio::test(flavor = "multi_thread")]
async fn an_article_lives_from_its_upload_to_its_second_publication() {
    let library = Library::new().await;
    let id = library.article().await;
    let seen = "query($id: ID!, $at: Position) { knowledgeDocument(id: $id, atLeast: $at) { title \
        body category tags language status latestVersion publishedVersion reason approvedBy \
        approvedAt publishedAt indexStatus chunkCount source { kind name } \
        versions(first: 5) { nodes { number status reason body publishedAt withdrawnAt } } } }";
    let look = async || library.asks(seen, json!({ "id": id })).await["knowledgeDocument"].clone();
    let first = look().await;
    assert_eq!(
        (&first["title"], &first["body"], &first["category"], &first["tags"]),
        (
            &json!("Cambios"),
            &json!("Treinta días."),
            &json!("Ventas"),
            &json!(["cambios", "garantía"])
        )
    );
    assert_eq!(
        (&first["status"], &first["language"], &first["indexStatus"], &first["source"]),
        (
            &json!("IN_REVIEW"),
            &json!("es"),
            &json!("NOTHING"),
            &json!({ "kind": "WRITTEN", "name": null })
        )
    );
    assert!(first["publishedVersion"].is_null() && first["approvedBy"].is_null(), "{first:#}");

    let refused = json!({ "id": id, "number": 1, "reason": "Falta quién paga el envío" });
    library.does("rejectKnowledgeDocument", refused).await;
    let rejected = look().await;
    assert_eq!(
        (&rejected["status"], &rejected["reason"]),
        (&json!("REJECTED"), &json!("Falta quién paga el envío"))
    );
    let better = draft("Cambios", "Treinta días. El envío va por nuestra cuenta.");
    library.does("reviseKnowledgeDocument", json!({ "id": id, "draft": better })).await;
    library.does("approveKnowledgeDocument", json!({ "id": id, "number": 2 })).await;
    let published =
        library.does("publishKnowledgeDocument", json!({ "id": id, "number": 2 })).await;
    assert_eq!(
        (&published["status"], &published["published"]["number"]),
        (&json!("PUBLISHED"), &json!(2))
    );
    let live = look().await;
    assert!(text(&live["approvedBy"]).starts_with("user:"), "{live:#}");
    assert!(live["approvedAt"].is_string() && live["publishedAt"].is_string(), "{live:#}");
    assert_eq!((&live["indexStatus"], &live["reason"]), (&json!("WAITING"), &Value::Null));

    // A revision changes nothing of what everybody reads, until it is published itself.
    let next = draft("Cambios y devoluciones", "Sesenta días.");
    let revised = library.does("reviseKnowledgeDocument", json!({ "id": id, "draft": next })).await;
    assert_eq!((&revised["status"], &revised["latestVersion"]), (&json!("IN_REVIEW"), &json!(3)));
    assert_eq!(
        revised["published"],
        json!({ "number": 2, "title": "Cambios",
            "body": "Treinta días. El envío va por nuestra cuenta." })
    );
    assert!(look().await["approvedBy"].is_null(), "nobody approved version 3");
    library.does("approveKnowledgeDocument", json!({ "id": id, "number": 3 })).await;
    let replaced = library.does("publishKnowledgeDocument", json!({ "id": id, "number": 3 })).await;
    assert_eq!(replaced["published"]["body"], "Sesenta días.");
    let last = look().await;
    let versions = last["versions"]["nodes"].as_array().unwrap();
    let stand: Vec<_> =
        versions.iter().map(|v| (v["number"].clone(), text(&v["status"]))).collect();
    let expected = [(3, "PUBLISHED"), (2, "APPROVED"), (1, "REJECTED")];
    assert_eq!(stand, expected.map(|(number, status)| (json!(number), status.to_owned())));
    assert!(versions[1]["withdrawnAt"].is_string() && versions[0]["withdrawnAt"].is_null());
    assert_eq!(versions[2]["reason"], "Falta quién paga el envío");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_gets_its_text_later_and_only_from_who_integrates() {
    let library = Library::new().await;
    let source = json!({ "file": { "name": "garantía.pdf", "format": "PDF" } });
    let input = json!({ "draft": { "title": "Garantía", "source": source } });
    let uploaded = library.does("uploadKnowledgeDocument", input).await;
    assert_eq!(uploaded["status"], "AWAITING_TEXT");
    let id = uploaded["id"].clone();
    let textless = json!({ "id": id, "number": 1 });
    let refused = library.fails("approveKnowledgeDocument", textless.clone()).await;
    assert_eq!(refused.join(" "), "RefusedError DOCUMENT_HAS_NO_TEXT input");
    let ingest = json!({ "id": id, "number": 1, "body": "Seis meses." });
    let denied = document("ingestKnowledgeDocument", "errors { __typename }");
    let denied = library.app.run_as(&library.token, &denied, json!({ "input": ingest })).await;
    assert_eq!(denied.code(), "FORBIDDEN");
    let worker = library.app.token(Role::Admin);
    let failed = json!({ "id": id, "number": 1, "reason": "cifrado" });
    let failed = give(&library.app, &worker, "failKnowledgeIngestion", SHOWN, &failed).await;
    assert_eq!(failed["document"]["status"], "FAILED");
    let ingested = give(&library.app, &worker, "ingestKnowledgeDocument", SHOWN, &ingest).await;
    assert_eq!(ingested["document"]["status"], "IN_REVIEW");
    library.does("approveKnowledgeDocument", textless).await;
    let again = json!({ "id": id, "number": 1, "body": "Otra cosa." });
    let again = give(&library.app, &worker, "ingestKnowledgeDocument", SHOWN, &again).await;
    assert_eq!(again["errors"][0]["code"], "DOCUMENT_HAS_TEXT");
}

/// What an indexer will record is shown as soon as it does.
#[tokio::test(flavor = "multi_thread")]
async fn how_far_the_search_has_come_is_seen() {
    let library = Library::new().await;
    let id = library.published().await;
    let seen = "query($id: ID!, $at: Position) { knowledgeDocument(id: $id, atLeast: $at) { uuid \
        indexStatus chunkCount embeddingModel indexFailure } }";
    let look = async || library.asks(seen, json!({ "id": id })).await["knowledgeDocument"].clone();
    let uuid = text(&look().await["uuid"]);
    let tell = async |body: Command| {
        library.app.execute::<KnowledgeDocument>(library.app.tenant, &uuid, body).await;
    };
    let (scheme, model) = ("lex_v1".to_owned(), "e5-small".to_owned());
    tell(Command::Chunk { version: 1, run: 1, scheme, chunks: 3 }).await;
    let reason = "HTTP 500".to_owned();
    tell(Command::FailEmbedding { version: 1, run: 1, reason }).await;
    let failed = look().await;
    assert_eq!(
        (&failed["indexStatus"], &failed["chunkCount"], &failed["indexFailure"]),
        (&json!("EMBEDDING_FAILED"), &json!(3), &json!("HTTP 500"))
    );
    tell(Command::Embed { version: 1, run: 1, model, dim: 384 }).await;
    let embedded = look().await;
    assert_eq!(
        (&embedded["indexStatus"], &embedded["embeddingModel"], &embedded["indexFailure"]),
        (&json!("EMBEDDED"), &json!("e5-small"), &Value::Null)
    );
    let again = library.does("reindexKnowledgeDocument", json!({ "id": id })).await;
    assert_eq!(again["status"], "PUBLISHED");
    let waiting = look().await;
    assert_eq!(
        (&waiting["indexStatus"], &waiting["chunkCount"], &waiting["embeddingModel"]),
        (&json!("WAITING"), &Value::Null, &Value::Null)
    );
}
#[tokio::test(flavor = "multi_thread")]
async fn articles_are_listed_by_what_they_are_about_and_where_they_stand() {
    let library = Library::new().await;
    let live = library.published().await;
    let input = json!({ "draft": draft("Horarios", "De 9 a 18."), "category": "Local" });
    let hours = library.does("uploadKnowledgeDocument", input).await;
    library
        .does("classifyKnowledgeDocument", json!({ "id": hours["id"], "tags": ["Horario"] }))
        .await;
    let query = "query($filter: KnowledgeDocumentFilter, $order: [KnowledgeDocumentOrder!], \
        $at: Position) { knowledgeDocuments(filter: $filter, orderBy: $order, atLeast: $at) { \
        totalCount nodes { title category tags published { title } } } }";
    let titles = async |filter: Value| {
        let order = json!([{ "field": "TITLE", "direction": "ASC" }]);
        let found = library.asks(query, json!({ "filter": filter, "order": order })).await;
        let nodes = found["knowledgeDocuments"]["nodes"].as_array().unwrap().clone();
        nodes.iter().map(|node| text(&node["title"])).collect::<Vec<_>>()
    };
    assert_eq!(titles(json!({})).await, ["Cambios", "Horarios"]);
    assert_eq!(titles(json!({ "publishedVersion": { "isNull": false } })).await, ["Cambios"]);
    assert_eq!(titles(json!({ "status": { "eq": "IN_REVIEW" } })).await, ["Horarios"]);
    assert_eq!(titles(json!({ "tags": { "has": "horario" } })).await, ["Horarios"]);
    assert_eq!(titles(json!({ "category": { "eq": "Ventas" } })).await, ["Cambios"]);
    assert!(titles(json!({ "category": { "eq": "Local" } })).await.is_empty(), "it was taken off");
    assert_eq!(titles(json!({ "body": { "contains": "treinta" } })).await, ["Cambios"]);
    let node = "query($id: ID!, $at: Position) { node(id: $id, atLeast: $at) { id __typename } }";
    let node = library.asks(node, json!({ "id": live })).await;
    assert_eq!(node["node"], json!({ "id": live, "__typename": "KnowledgeDocument" }));
}
