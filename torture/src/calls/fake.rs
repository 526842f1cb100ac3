//! Twilio's REST API under faults: dialling, looking, searching, hanging up.

use std::time::Duration;

use bitacora_adapters::clock::SystemClock;
use bitacora_commands::ports::Clock as _;
use chrono::{DateTime, Utc};
use rand::Rng as _;
use rand::rngs::StdRng;
use reqwest::Url;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::book::{Book, Made};
use super::callbacks;
use super::course::{Course, LASTS_S};
use super::fate::Fate;
use super::stage;
use crate::chance::dice;
use crate::rude::{Request, read, reset, write};

/// The account, and its token.
pub(super) const ACCOUNT: &str = "ACfefefefefefefefefefefefefefefefe";
pub(super) const TOKEN: &str = "fedcba9876543210fedcba9876543210";
/// Both as the client sends them.
const BASIC: &str = "Basic QUNmZWZlZmVmZWZlZmVmZWZlZmVmZWZlZmVmZWZlZmVmZTpmZWRjYmE5ODc2NTQzMjEwZmVkY2JhOTg3NjU0MzIxMA==";
/// Longer than the client waits.
const FOR_EVER: Duration = Duration::from_secs(40);
/// What a call costs, in millionths, as the carrier writes it and as it is to be recorded.
const PRICE: &str = "-0.0225";
pub(super) const PRICE_E6: i64 = 22_500;
/// "Call is not in-progress".
const OVER: i64 = 21_220;

/// Starts it; its address.
pub(super) async fn start(seed: u64, book: &Book) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let book = book.clone();
    tokio::spawn(async move {
        for connection in 0_u64.. {
            let Ok((socket, _)) = listener.accept().await else { continue };
            let dice = dice(seed, &format!("connection {connection}"));
            let carrier = Carrier { seed, book: book.clone(), dice };
            tokio::spawn(carrier.serve(socket));
        }
    });
    Ok(url)
}

/// One connection.
struct Carrier {
    seed: u64,
    book: Book,
    dice: StdRng,
}

impl Carrier {
    async fn serve(mut self, mut socket: TcpStream) {
        let mut bytes = Vec::new();
        while let Ok(request) = read(&mut socket, &mut bytes).await {
            if request.header("authorization") != Some(BASIC) {
                self.book.wrong("a request without account and token".into());
            }
            if !self.answer(&mut socket, &request).await {
                return;
            }
        }
    }

    async fn answer(&mut self, socket: &mut TcpStream, request: &Request) -> bool {
        let (method, target) = request.asks();
        let prefix = format!("/2010-04-01/Accounts/{ACCOUNT}/");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let Some(resource) = path.strip_prefix(&prefix) else {
            self.book.wrong(format!("{method} {path}"));
            return false;
        };
        let form = pairs(&request.body);
        let named = resource.strip_prefix("Calls/").and_then(|name| name.strip_suffix(".json"));
        match (method, resource, named) {
            ("POST", "Calls.json", _) => {
                self.book.flies(1);
                let goes_on = self.dial(socket, &form).await;
                self.book.flies(-1);
                goes_on
            }
            ("POST", _, Some(sid)) => self.hang_up(socket, sid).await,
            ("GET", "Balance.json", _) => {
                let body = json!({ "balance": "1000.00", "currency": "USD" });
                write(socket, 200, "", &body.to_string()).await
            }
            ("GET", "Calls.json", _) => {
                let page = self.list(&pairs(query.as_bytes()));
                self.tell(socket, 200, &page).await
            }
            ("GET", _, Some(sid)) => {
                let call = self.book.open().calls.get(sid).map(|made| resource_of(sid, made));
                let missing = || json!({ "code": 20_404, "message": "not found", "status": 404 });
                let status = if call.is_some() { 200 } else { 404 };
                self.tell(socket, status, &call.unwrap_or_else(missing)).await
            }
            _ => {
                self.book.wrong(format!("{method} {path}"));
                false
            }
        }
    }

    /// Decides at once whether the call is made, and answers after a while.
    async fn dial(&mut self, socket: &mut TcpStream, form: &[(String, String)]) -> bool {
        let Some((attempt, callback)) = callbacks::attempt_of(value(form, "StatusCallback")) else {
            self.book.wrong("a call without an address for callbacks of ours".into());
            return false;
        };
        let (to, from) = (value(form, "To"), value(form, "From"));
        let shared = stage::is_shared(to);
        let fate = Fate::of(self.seed, &attempt, self.book.requests(), shared);
        self.book.note(&attempt, fate.name());
        let sid = format!("CA{:032x}", self.dice.random::<u128>());
        let mut resource = json!({});
        if fate.made() {
            let made = Made {
                of: attempt.clone(),
                to: to.to_owned(),
                from: from.to_owned(),
                at: now(),
                course: Course::of(self.seed, &attempt, shared),
                steps: 0,
                cut_off: false,
            };
            resource = resource_of(&sid, &made);
            self.book.open().calls.insert(sid.clone(), made);
            callbacks::take_place(&self.book, sid, callback);
        }
        sleep(Duration::from_millis(self.dice.random_range(2..120))).await;
        let no = |code: i64| json!({ "code": code, "message": "no", "status": 400 }).to_string();
        match fate {
            Fate::Fine => write(socket, 201, "", &resource.to_string()).await,
            Fate::Garbage => write(socket, 201, "", "<html>maybe</html>").await,
            Fate::Gateway { .. } => write(socket, 502, "", "<html>bad gateway</html>").await,
            Fate::Busy { .. } => write(socket, 503, "", &no(20_503)).await,
            Fate::Throttled => write(socket, 429, "retry-after: 1\r\n", &no(20_429)).await,
            Fate::Undeliverable => write(socket, 400, "", &no(21_211)).await,
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

    /// Ends a call, and may lose the answer.
    async fn hang_up(&mut self, socket: &mut TcpStream, sid: &str) -> bool {
        let ended = {
            let mut pages = self.book.open();
            let live = pages.calls.get_mut(sid).filter(|made| !made.is_over());
            live.map(|made| {
                made.cut_off = true;
                resource_of(sid, made)
            })
        };
        match ended {
            Some(resource) => {
                self.book.fault("call hung up");
                self.tell(socket, 200, &resource).await
            }
            None => {
                let over = json!({ "code": OVER, "message": "not in-progress", "status": 400 });
                self.tell(socket, 400, &over).await
            }
        }
    }

    fn list(&self, query: &[(String, String)]) -> Value {
        let (to, from) = (value(query, "To"), value(query, "From"));
        let pages = self.book.open();
        let mut found: Vec<_> =
            pages.calls.iter().filter(|(_, made)| made.to == to && made.from == from).collect();
        found.sort_by_key(|(_, made)| std::cmp::Reverse(made.at));
        let calls: Vec<_> = found.iter().map(|(sid, made)| resource_of(sid, made)).collect();
        json!({ "calls": calls })
    }

    /// An answer to what changes nothing, or nothing more; some get lost.
    async fn tell(&mut self, socket: &mut TcpStream, status: u16, body: &Value) -> bool {
        match self.dice.random_range(0..100) {
            0..4 => {
                self.book.fault("answer to a question lost");
                reset(socket);
                false
            }
            4..8 => {
                self.book.fault("question answered by 503");
                write(socket, 503, "", "<html>later</html>").await
            }
            _ => write(socket, status, "", &body.to_string()).await,
        }
    }
}

/// A call as the API tells of it.
fn resource_of(sid: &str, made: &Made) -> Value {
    let over = made.is_over();
    let completed = over && made.status() == "completed";
    json!({
        "sid": sid,
        "status": made.status(),
        "to": made.to,
        "from": made.from,
        "date_created": made.at.to_rfc2822(),
        "end_time": over.then(|| now().to_rfc2822()),
        "duration": completed.then(|| LASTS_S.to_string()),
        "price": over.then_some(PRICE),
        "price_unit": "USD",
        "answered_by": made.answered_by(),
    })
}

pub(super) fn now() -> DateTime<Utc> {
    SystemClock.now()
}

/// Names and values of a form or a query.
fn pairs(text: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(text);
    let url = Url::parse(&format!("form:/?{text}"));
    url.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default()
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}
