//! A system that takes leads: it answers, fails, or breaks the connection after it has read the
//! lead, by seed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::report::Report;

/// Of a hundred requests, those up to this one are answered by 503.
const FAILS: u32 = 7;
/// Of a hundred requests, those from there up to this one are read and not answered.
const BREAKS: u32 = 15;
/// What is simply taken.
const TAKES: u32 = 99;
/// Longest request that is read.
const LONGEST: usize = 1 << 20;

#[derive(Default)]
struct Book {
    well: AtomicBool,
    seen: AtomicU64,
    failed: AtomicU64,
    broken: AtomicU64,
    /// Notices that were taken, by their id, and how often.
    taken: Mutex<BTreeMap<String, u64>>,
}

/// The system.
pub(super) struct Receiver {
    url: String,
    book: Arc<Book>,
}

impl Receiver {
    /// Starts it.
    pub(super) async fn start(seed: u64) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/leads", listener.local_addr()?);
        let book = Arc::new(Book::default());
        let own = Arc::clone(&book);
        tokio::spawn(async move {
            let mut dice = StdRng::seed_from_u64(seed);
            let mut nth = 0_u64;
            while let Ok((socket, _)) = listener.accept().await {
                // By turns at first, so that each fault fires in a small run, too.
                let (by_dice, book) = (dice.random_range(0..100), Arc::clone(&own));
                let ill = !book.well.load(Ordering::SeqCst);
                let fate = match nth {
                    1 => FAILS,
                    3 => BREAKS,
                    _ if ill => by_dice,
                    _ => TAKES,
                };
                nth += 1;
                tokio::spawn(async move { serve(&book, socket, fate).await });
            }
        });
        Ok(Self { url, book })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// From now on it only answers.
    pub(super) fn is_well(&self) {
        self.book.well.store(true, Ordering::SeqCst);
    }

    /// Requests that it has read.
    pub(super) fn seen(&self) -> u64 {
        self.book.seen.load(Ordering::SeqCst)
    }

    /// Different notices that it has taken.
    pub(super) fn taken(&self) -> usize {
        self.book.taken.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What it did.
    pub(super) fn tell(&self, report: &mut Report) {
        report.fault("lead answered by 503", self.book.failed.load(Ordering::SeqCst));
        let broken = self.book.broken.load(Ordering::SeqCst);
        report.fault("connection broken after the lead was read", broken);
        report.figure("leads that the system has", self.taken() as u64);
    }
}

/// One request per connection.
async fn serve(book: &Book, mut socket: TcpStream, fate: u32) {
    let Some(id) = notice(&mut socket).await else { return };
    book.seen.fetch_add(1, Ordering::SeqCst);
    if fate <= FAILS {
        book.failed.fetch_add(1, Ordering::SeqCst);
        let _ = socket
            .write_all(b"HTTP/1.1 503 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .await;
        return;
    }
    *book.taken.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default() += 1;
    if fate <= BREAKS {
        book.broken.fetch_add(1, Ordering::SeqCst);
        // a reset instead of an orderly end
        socket.set_zero_linger().ok();
        return;
    }
    let _ = socket
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
        .await;
}

/// Reads a request whole; the id of its notice.
async fn notice(socket: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let header = |name: &str| {
                head.lines().find_map(|line| line.strip_prefix(name).map(|v| v.trim().to_owned()))
            };
            let length: usize = header("content-length:")?.parse().ok()?;
            if bytes.len() >= end + 4 + length {
                return header("webhook-id:");
            }
        }
        let read = socket.read_buf(&mut bytes).await.ok()?;
        if read == 0 || bytes.len() > LONGEST {
            return None;
        }
    }
}
