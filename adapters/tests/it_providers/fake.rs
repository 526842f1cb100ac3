//! A Cloud API that misbehaves by script: one line of it per request, then it is well.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What happens to one request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The connection is reset before anything is read.
    ResetUnread,
    /// The request is read, and then the connection is reset.
    ResetRead,
    /// The request is read, and no answer ever comes.
    Silence,
    /// The head comes, and then a byte now and then.
    SlowBody,
    /// Status, further headers, body.
    Answer(u16, &'static str, String),
}

/// What was read of a request.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: Value,
}

/// The server. Plain sockets, because an HTTP library would not misbehave like this.
#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) url: String,
    script: Arc<Mutex<VecDeque<Fault>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Fake {
    pub(crate) async fn start(script: impl IntoIterator<Item = Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            script: Arc::new(Mutex::new(script.into_iter().collect())),
            seen: Arc::default(),
        };
        let server = fake.clone();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let server = server.clone();
                tokio::spawn(async move { server.serve(socket).await });
            }
        });
        fake
    }

    /// Requests that were read whole.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    async fn serve(&self, mut socket: TcpStream) {
        let fault = self.script.lock().unwrap().pop_front();
        if matches!(fault, Some(Fault::ResetUnread)) {
            return reset(&socket);
        }
        let Some(seen) = read(&mut socket).await else { return };
        let callback = seen.body["biz_opaque_callback_data"].as_str().unwrap_or("?").to_owned();
        self.seen.lock().unwrap().push(seen);
        match fault {
            None => answer(&mut socket, 200, "", &yes(&callback)).await,
            Some(Fault::Answer(status, headers, body)) => {
                answer(&mut socket, status, headers, &body).await;
            }
            Some(Fault::ResetUnread | Fault::ResetRead) => reset(&socket),
            Some(Fault::Silence) => tokio::time::sleep(Duration::from_mins(1)).await,
            Some(Fault::SlowBody) => {
                socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await.ok();
                loop {
                    socket.write_all(b" ").await.ok();
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

/// What the API says when it takes a message.
pub(crate) fn yes(callback: &str) -> String {
    json!({
        "messaging_product": "whatsapp",
        "contacts": [{"input": "5491166600011", "wa_id": "541166600011"}],
        "messages": [{"id": format!("wamid.{callback}"), "message_status": "accepted"}],
    })
    .to_string()
}

/// An error that the API writes itself.
pub(crate) fn no(code: i64) -> String {
    json!({"error": {
        "message": format!("(#{code}) No"), "type": "OAuthException", "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": "because"},
        "fbtrace_id": "A1b2",
    }})
    .to_string()
}

fn reset(socket: &TcpStream) {
    // a reset instead of an orderly end
    socket.set_zero_linger().unwrap();
}

async fn answer(socket: &mut TcpStream, status: u16, headers: &str, body: &str) {
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    );
    socket.write_all(text.as_bytes()).await.ok();
    socket.shutdown().await.ok();
}

async fn read(socket: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_lowercase().lines().find_map(|line| {
                line.strip_prefix("content-length:")?.trim().parse::<usize>().ok()
            });
            if body.len() >= length.unwrap_or(0) {
                // A form stays the text that it is.
                let text = || Value::String(body.to_owned());
                let body = serde_json::from_str(body).unwrap_or_else(|_| text());
                return Some(Seen { head: head.to_owned(), body });
            }
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
