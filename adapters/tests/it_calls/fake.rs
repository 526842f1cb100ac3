//! A provider that misbehaves by script: one line of it per request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What happens to one request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The connection is closed before anything is read.
    CloseUnread,
    /// The request is read, and then the connection is closed.
    CloseRead,
    /// The request is read, and no answer ever comes.
    Silence,
    /// Status, further headers (each with its line end), body.
    Answer(u16, &'static str, String),
}

pub(crate) fn answer(status: u16, body: &str) -> Fault {
    Fault::Answer(status, "", body.to_owned())
}

/// The server. Plain sockets, because an HTTP library would not misbehave like this.
#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) url: String,
    script: Arc<Mutex<VecDeque<Fault>>>,
    seen: Arc<Mutex<Vec<(String, String)>>>,
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

    /// Head and body of the requests that were read whole.
    pub(crate) fn seen(&self) -> Vec<(String, String)> {
        self.seen.lock().unwrap().clone()
    }

    async fn serve(&self, mut socket: TcpStream) {
        let fault = self.script.lock().unwrap().pop_front().expect("a request too many");
        if matches!(fault, Fault::CloseUnread) {
            return;
        }
        let Some(seen) = read(&mut socket).await else { return };
        self.seen.lock().unwrap().push(seen);
        match fault {
            Fault::CloseUnread | Fault::CloseRead => {}
            Fault::Silence => tokio::time::sleep(Duration::from_mins(1)).await,
            Fault::Answer(status, headers, body) => {
                let length = body.len();
                let text = format!(
                    "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                socket.write_all(text.as_bytes()).await.ok();
            }
        }
    }
}

async fn read(socket: &mut TcpStream) -> Option<(String, String)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4_096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        let n = socket.read(&mut buffer).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&buffer[..n]);
    }
}
