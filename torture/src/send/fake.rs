//! A Cloud API under faults.

use std::time::Duration;

use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::book::{Book, Seen};
use super::fate::{Fate, REFUSED_CONNECTION};
use super::statuses;
use crate::chance::dice;
use crate::rude::{read, reset, write};

/// The token that it wants to see.
pub(super) const TOKEN: &str = "EAAG-tortura";
/// Longer than the client waits.
const FOR_EVER: Duration = Duration::from_secs(40);

/// Starts it; its address.
pub(super) async fn start(seed: u64, book: &Book) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let book = book.clone();
    tokio::spawn(async move {
        for connection in 0_u64.. {
            let Ok((socket, _)) = listener.accept().await else { continue };
            let mut dice = dice(seed, &format!("connection {connection}"));
            let book = book.clone();
            tokio::spawn(async move {
                if connection == 3 || dice.random_bool(0.02) {
                    book.fault(REFUSED_CONNECTION);
                    return reset(&socket);
                }
                serve(seed, &book, socket, dice).await;
            });
        }
    });
    Ok(url)
}

/// The requests of one connection.
async fn serve(seed: u64, book: &Book, mut socket: TcpStream, mut dice: StdRng) {
    let mut bytes = Vec::new();
    while let Ok(request) = read(&mut socket, &mut bytes).await {
        let head = &request.head;
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            book.open().wrong.push(format!("a request that is no JSON: {head}"));
            return;
        };
        let Some(callback) = body.get("biz_opaque_callback_data").and_then(Value::as_str) else {
            book.open().wrong.push(format!("a request without callback data: {head}"));
            return;
        };
        if request.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
            book.open().wrong.push("a request without the token".into());
        }
        book.flies(1);
        let goes_on = answer(seed, book, &mut socket, (callback, head, &body), &mut dice).await;
        book.flies(-1);
        if !goes_on {
            return;
        }
    }
}

/// Decides at once whether the message is taken, and answers after a while.
async fn answer(
    seed: u64,
    book: &Book,
    socket: &mut TcpStream,
    (callback, head, body): (&str, &str, &Value),
    dice: &mut StdRng,
) -> bool {
    let fate = Fate::of(seed, callback, book.requests_for(callback), book.requests());
    let (taken, proof) = (fate.taken(), fate.proof());
    book.note(callback, Seen { fault: fate.name(), taken, proof });
    if taken {
        let account = head.split('/').nth(2).unwrap_or_default();
        statuses::report(seed, book, account, callback);
    }
    sleep(Duration::from_millis(dice.random_range(2..120))).await;
    let yes = || {
        json!({
            "messaging_product": "whatsapp",
            "contacts": [{ "input": body.get("to"), "wa_id": body.get("to") }],
            "messages": [{ "id": wamid(callback) }],
        })
    };
    let no = |code: i64| json!({ "error": { "message": format!("(#{code})"), "code": code } });
    match fate {
        Fate::Fine => write(socket, 200, "", &yes().to_string()).await,
        Fate::Garbage => write(socket, 200, "", "<html>maybe</html>").await,
        Fate::Endless => {
            write(socket, 200, "", &format!("{{\"x\":\"{}\"}}", "y".repeat(300_000))).await
        }
        Fate::Gateway { .. } => write(socket, 502, "", "<html>bad gateway</html>").await,
        Fate::Busy => write(socket, 503, "", &no(131_016).to_string()).await,
        Fate::Throttled => write(socket, 429, "retry-after: 1\r\n", &no(130_429).to_string()).await,
        Fate::Undeliverable => write(socket, 400, "", &no(131_026).to_string()).await,
        Fate::Reset { .. } => {
            reset(socket);
            false
        }
        Fate::Silence { .. } => {
            // a client that is killed or has waited enough goes away
            let mut byte = [0];
            tokio::time::timeout(FOR_EVER, socket.read(&mut byte)).await.ok();
            false
        }
    }
}

/// The provider's id of a message.
pub(super) fn wamid(callback: &str) -> String {
    format!("wamid.{}", callback.rsplit(':').next().unwrap_or_default())
}
