//! A load generator's HTTP: one connection that is kept, one request after the other, as little
//! work per request as can be, because it shares the machine with the server.

use anyhow::{Context as _, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A kept connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    host: String,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, host: address.to_owned(), buffer: Vec::with_capacity(4096) })
    }

    /// Posts JSON with a signature header; the status of the answer.
    pub(crate) async fn post(
        &mut self,
        path: &str,
        signature: &str,
        body: &[u8],
    ) -> anyhow::Result<u16> {
        let host = &self.host;
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
             x-hub-signature-256: {signature}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.stream.write_all(&request).await?;
        self.answer().await
    }

    /// Gets a path; the status of the answer.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<u16> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.host);
        self.stream.write_all(request.as_bytes()).await?;
        self.answer().await
    }

    /// Reads an answer to its end, so that the connection can be used again.
    async fn answer(&mut self) -> anyhow::Result<u16> {
        self.buffer.clear();
        loop {
            if let Some(head) = Head::parse(&self.buffer)?
                && self.buffer.len() >= head.bytes + head.content_length
            {
                ensure!(self.buffer.len() == head.bytes + head.content_length, "two answers");
                return Ok(head.status);
            }
            let read = self.stream.read_buf(&mut self.buffer).await?;
            ensure!(read > 0, "the connection was closed");
        }
    }
}

/// What has to be known of an answer's head.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    bytes: usize,
    content_length: usize,
}

impl Head {
    /// `None` when more bytes are needed.
    fn parse(buffer: &[u8]) -> anyhow::Result<Option<Self>> {
        let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let text = std::str::from_utf8(buffer.get(..end).unwrap_or_default())?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let status = status.and_then(|status| status.parse().ok()).context("no status")?;
        for line in lines {
            let (name, value) = line.split_once(':').context("a header without a colon")?;
            if name.eq_ignore_ascii_case("content-length") {
                let content_length = value.trim().parse()?;
                return Ok(Some(Self { status, bytes: end + 4, content_length }));
            }
        }
        bail!("an answer without a length: {text}")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_it_is_whole() {
        let answer = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(Head::parse(&answer[..30]).unwrap(), None);
        let head = Head { status: 401, bytes: answer.len() - 2, content_length: 2 };
        assert_eq!(Head::parse(answer).unwrap(), Some(head));
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
