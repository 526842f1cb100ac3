//! The examples of `docs/GRAPHQL.md` do what the page says.
#![allow(clippy::unwrap_used, reason = "tests")]

use bitacora_api::auth::Role;
use serde_json::{Value, json};

use crate::graphql_inbox::Inbox;
use crate::graphql_socket::Client;

const PAGE: &str = include_str!("../../../docs/GRAPHQL.md");

/// The fenced blocks of a language, each with what stands behind it.
fn blocks(language: &str) -> Vec<(String, &'static str)> {
    let fence = format!("```{language}\n");
    let parts = PAGE.split(&fence).skip(1);
    parts.map(|part| part.split_once("```\n").unwrap()).map(|(b, r)| (b.to_owned(), r)).collect()
}

/// A document and the variables in the block right behind it.
fn examples(conversation: &str) -> Vec<(String, Value)> {
    let with_variables = |(document, rest): (String, &str)| {
        let json = rest.strip_prefix("```json\n").and_then(|rest| rest.split_once("```"));
        let json = json.map_or("{}", |(json, _)| json).replace("<conversation>", conversation);
        (document, serde_json::from_str(&json).unwrap())
    };
    blocks("graphql").into_iter().map(with_variables).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_run() {
    let mut inbox = Inbox::with(1).await;
    inbox.receives(0, "hola").await;
    let (app, id) = (&inbox.app, &inbox.ids[0].0);
    let mut client = Client::ready(app, &app.token(Role::Agent)).await;
    let (mut answers, mut subscriptions) = (Vec::new(), 0);
    for (document, variables) in examples(id) {
        if document.starts_with("subscription") {
            subscriptions += 1;
            let name = format!("s{subscriptions}");
            client.subscribe(&name, &document, variables).await;
            // What is refused is answered before the next operation is.
            client.subscribe("after", "{ __typename }", json!({})).await;
            let message = client.json().await;
            assert_eq!((&message["id"], &message["type"]), (&json!("after"), &json!("next")));
            assert_eq!(client.json().await["type"], "complete");
            continue;
        }
        let reply = app.run(&document, variables).await;
        assert!(reply.body.get("errors").is_none(), "{document}: {:#}", reply.body);
        answers.push(reply.data().clone());
    }
    assert!(answers.len() >= 6 && subscriptions >= 2, "{} {subscriptions}", answers.len());
    let answer = |field: &str| {
        let found = answers.iter().find(|answer| answer.get(field).is_some());
        found.unwrap_or_else(|| panic!("no example of {field}"))[field].clone()
    };
    assert_eq!(answer("createCheckout")["errors"], json!([]));
    assert_eq!(answer("ledgerEntries")["nodes"], json!([]));
    let sent = answer("sendMessage");
    assert_eq!((&sent["errors"], &sent["message"]["status"]), (&json!([]), &json!("PENDING")));
    assert_eq!(answer("usage")[0]["meter"], "MESSAGES");
    assert_eq!(answer("inboxCounts")["unassigned"], json!({ "count": 1, "more": false }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_to_copy_is_one() {
    let inbox = Inbox::with(1).await;
    let (call, _) = blocks("sh").into_iter().find(|(block, _)| block.contains("curl")).unwrap();
    let (_, body) = call.split_once("-d '").unwrap();
    let body: Value = serde_json::from_str(body.split_once('\'').unwrap().0).unwrap();
    let reply = inbox.app.run(body["query"].as_str().unwrap(), json!({})).await;
    assert_eq!(reply.data()["conversations"]["nodes"].as_array().unwrap().len(), 1);
}

/// Every code that a request can fail with is on the page, and every root field that the change
/// log names is there.
#[test]
fn the_page_knows_the_codes_and_no_fields_that_are_not() {
    use bitacora_api::graphql::fault::Code;
    for code in [
        Code::BadRequest,
        Code::ParseFailed,
        Code::ValidationFailed,
        Code::QueryTooLarge,
        Code::BadUserInput,
        Code::InvalidCursor,
        Code::InvalidPosition,
        Code::Unauthenticated,
        Code::Forbidden,
        Code::AtLeastTimeout,
        Code::ProjectionParked,
        Code::RequestTimeout,
        Code::SlowConsumer,
        Code::TooManyOperations,
        Code::ServiceUnavailable,
        Code::Internal,
    ] {
        assert!(PAGE.contains(&format!("`{}`", code.as_str())), "{} is missing", code.as_str());
    }
    let (_, changes) = PAGE.split_once("### Changes").unwrap();
    let schema = include_str!("../../../schema.graphql");
    let mut named = 0;
    for word in changes.split('`').skip(1).step_by(2) {
        if word.starts_with(|c: char| c.is_ascii_lowercase()) {
            let is_there = [format!("\t{word}("), format!("\t{word}:")];
            assert!(is_there.iter().any(|field| schema.contains(field)), "{word}");
            named += 1;
        }
    }
    assert!(named > 50, "{named}");
}
