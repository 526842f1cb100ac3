//! Twilio's store of recordings, played: it wants its account's token, and does what it is told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bitacora_adapters::providers::recordings::{Twilio, TwilioAccount};

pub(crate) const ACCOUNT: &str = "AC0000000000000000000000000000ffff";
const TOKEN: &str = "token-of-a-test";

/// What happens to one request instead of what would be right.
pub(crate) enum Instead {
    Status(u16),
    Redirect(String),
    /// An HTML page, as a proxy may have one.
    Page,
}

#[derive(Default)]
pub(crate) struct Inside {
    pub(crate) recordings: BTreeMap<String, Bytes>,
    pub(crate) instead: VecDeque<Instead>,
    pub(crate) seen: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct FakeTwilio {
    pub(crate) inside: Arc<Mutex<Inside>>,
    pub(crate) url: String,
}

impl FakeTwilio {
    pub(crate) async fn start() -> Self {
        let inside = Arc::new(Mutex::new(Inside::default()));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&inside));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { inside, url }
    }

    pub(crate) fn client(&self) -> Twilio {
        let account = TwilioAccount { sid: ACCOUNT.into(), token: TOKEN.into() };
        Twilio::new(&self.url, vec![account]).unwrap()
    }

    pub(crate) fn has(&self, sid: &str, sound: &Bytes) {
        self.inside.lock().unwrap().recordings.insert(sid.to_owned(), sound.clone());
    }

    pub(crate) fn next(&self, instead: Instead) {
        self.inside.lock().unwrap().instead.push_back(instead);
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.inside.lock().unwrap().seen.clone()
    }
}

/// Where Twilio says that a recording is.
pub(crate) fn address(sid: &str) -> String {
    format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/{sid}")
}

#[allow(clippy::unused_async, reason = "a handler is one")]
async fn answer(State(inside): State<Arc<Mutex<Inside>>>, request: Request) -> Response {
    let mut inside = inside.lock().unwrap();
    let path = request.uri().path().to_owned();
    inside.seen.push(format!("{} {path}", request.method()));
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{ACCOUNT}:{TOKEN}")));
    let shown = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    if shown != Some(&basic) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match inside.instead.pop_front() {
        Some(Instead::Status(status)) => {
            return StatusCode::from_u16(status).unwrap().into_response();
        }
        Some(Instead::Redirect(to)) => {
            return (StatusCode::TEMPORARY_REDIRECT, [("location", to)]).into_response();
        }
        Some(Instead::Page) => return axum::response::Html("<h1>502</h1>").into_response(),
        None => {}
    }
    let folder = format!("/2010-04-01/Accounts/{ACCOUNT}/Recordings/");
    let Some(file) = path.strip_prefix(&folder) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Some((sid, ending)) = file.split_once('.') else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match (request.method(), ending) {
        (&Method::GET, "mp3") => match inside.recordings.get(sid) {
            Some(sound) => ([("content-type", "audio/mpeg")], sound.clone()).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        },
        (&Method::DELETE, "json") => match inside.recordings.remove(sid) {
            Some(_) => StatusCode::NO_CONTENT.into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        },
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}
