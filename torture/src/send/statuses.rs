//! Statuses of what was taken: signed webhooks, late, out of order, twice, and again until our
//! side takes them.

use std::time::Duration;

use rand::Rng as _;
use serde_json::json;
use tokio::time::sleep;

use super::book::Book;
use super::fake::wamid;
use super::fate::statuses;
use crate::chance::dice;
use crate::kill::webhook::signature;

/// How often a status is posted that was not taken; a provider goes on for days.
const REPEATS: u32 = 2_000;

/// Tells what became of a message that was taken.
pub(super) fn report(seed: u64, book: &Book, account: &str, callback: &str) {
    let (list, ending) = statuses(seed, callback);
    if let Some(entry) = book.open().entries.get_mut(callback) {
        entry.ending = Some(ending);
    }
    let mut dice = dice(seed, &format!("pauses {callback}"));
    book.statuses(i64::try_from(list.len()).unwrap_or(i64::MAX));
    let (book, account, callback) = (book.clone(), account.to_owned(), callback.to_owned());
    tokio::spawn(async move {
        for status in list {
            sleep(Duration::from_millis(dice.random_range(0..1_500))).await;
            let body = webhook(&account, &callback, status);
            post(&book, &body, status).await;
        }
    });
}

fn webhook(account: &str, callback: &str, status: &str) -> String {
    let mut report = json!({
        "id": wamid(callback), "status": status, "timestamp": "1763647210",
        "recipient_id": "5491166600011", "biz_opaque_callback_data": callback,
    });
    if status == "failed"
        && let Some(report) = report.as_object_mut()
    {
        report.insert("errors".into(), json!([{ "code": 131_026, "title": "Undeliverable" }]));
    }
    json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "1", "changes": [{ "field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": "1", "phone_number_id": account },
            "statuses": [report],
        } }] }],
    })
    .to_string()
}

async fn post(book: &Book, body: &str, status: &'static str) {
    let Ok(client) =
        bitacora_adapters::web::builder().map_err(|error| error.to_string()).and_then(|builder| {
            builder.timeout(Duration::from_secs(10)).build().map_err(|e| e.to_string())
        })
    else {
        return book.open().wrong.push("no client".into());
    };
    let Ok(signature) = signature(body) else { return };
    for turn in 0..REPEATS {
        let request = client
            .post(book.webhooks())
            .header("content-type", "application/json")
            .header("x-hub-signature-256", &signature)
            .body(body.to_owned());
        match request.send().await.map(|answer| answer.status().as_u16()) {
            Ok(200) => {
                book.statuses(-1);
                return;
            }
            Ok(500..=599) | Err(_) => {
                if turn == 0 {
                    book.fault("status sent again: the server was down");
                }
                sleep(Duration::from_millis(150)).await;
            }
            Ok(other) => return book.open().wrong.push(format!("{other} for status {status}")),
        }
    }
}
