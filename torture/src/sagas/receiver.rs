//! A system that takes leads: it answers, fails, or breaks the connection after it has read the
//! lead, by seed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::net::{TcpListener, TcpStream};

use crate::report::Report;
use crate::rude::{read, reset, write};

/// Of a hundred requests, those up to this one are answered by 503.
const FAILS: u32 = 13;
/// Of a hundred requests, those from there up to this one are read and not answered.
const BREAKS: u32 = 27;
/// What is simply taken.
const TAKES: u32 = 99;

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
    let Ok(request) = read(&mut socket, &mut Vec::new()).await else { return };
    let Some(id) = request.header("webhook-id").map(str::to_owned) else { return };
    book.seen.fetch_add(1, Ordering::SeqCst);
    if fate <= FAILS {
        book.failed.fetch_add(1, Ordering::SeqCst);
        write(&mut socket, 503, "connection: close\r\n", "").await;
        return;
    }
    *book.taken.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default() += 1;
    if fate <= BREAKS {
        book.broken.fetch_add(1, Ordering::SeqCst);
        reset(&socket);
        return;
    }
    write(&mut socket, 200, "connection: close\r\n", "ok").await;
}
