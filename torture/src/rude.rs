//! HTTP over plain sockets, for providers that misbehave: no HTTP library would.

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longest request that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// A request that was read whole.
pub(crate) struct Request {
    /// First line and headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The value of a header; its name in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Method and target.
    pub(crate) fn asks(&self) -> (&str, &str) {
        let mut words = self.head.split_whitespace();
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }
}

/// The next request of a connection; `bytes` keeps what came behind the last one.
pub(crate) async fn read(socket: &mut TcpStream, bytes: &mut Vec<u8>) -> anyhow::Result<Request> {
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let mut request = Request { head, body: Vec::new() };
            let length = request.header("content-length").and_then(|text| text.parse().ok());
            let whole = end + 4 + length.unwrap_or(0_usize);
            if bytes.len() >= whole {
                request.body = bytes[end + 4..whole].to_vec();
                bytes.drain(..whole);
                return Ok(request);
            }
        }
        let read = socket.read_buf(bytes).await?;
        (read > 0 && bytes.len() <= LONGEST).then_some(()).context("the connection ended")?;
    }
}

/// An answer; false when nobody listens any more.
pub(crate) async fn write(socket: &mut TcpStream, status: u16, headers: &str, body: &str) -> bool {
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    socket.write_all(format!("{head}{body}").as_bytes()).await.is_ok()
}

/// A reset instead of an orderly end; it happens when the socket is dropped.
pub(crate) fn reset(socket: &TcpStream) {
    socket.set_zero_linger().ok();
}
