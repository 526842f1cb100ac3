//! A whole server process: start on port 0, demo, shutdown, and what its log may say.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bitacora_adapters::testing::TestDb;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::cli::Env;

/// How long anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    documents: Receiver<Value>,
    log: Option<std::thread::JoinHandle<()>>,
    log_so_far: Arc<Mutex<String>>,
}

impl Server {
    pub(crate) fn start(env: &Env, arguments: &[&str]) -> Self {
        let mut child = env
            .command(&["serve", "--json"])
            .args(arguments)
            .env("BITACORA_LOG", "debug,hyper=info,sqlx=debug")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (sender, documents) = sync_channel(64);
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    break;
                }
            }
        });
        let log_so_far = Arc::new(Mutex::new(String::new()));
        let lines = log_so_far.clone();
        let log = Some(std::thread::spawn(move || {
            for line in BufReader::new(err).lines().map_while(Result::ok) {
                let mut text = lines.lock().unwrap();
                text.push_str(&line);
                text.push('\n');
            }
        }));
        let mut server = Self { child, url: String::new(), documents, log, log_so_far };
        let ready = server.wait_for("ready");
        ready["url"].as_str().unwrap().clone_into(&mut server.url);
        server
    }

    /// The next printed document of this kind.
    pub(crate) fn wait_for(&self, event: &str) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let document = self.documents.recv_timeout(left);
            let document = document.unwrap_or_else(|_| self.give_up(event));
            if document["event"] == event {
                return document;
            }
        }
    }

    /// Ends the test with the end of the server's log.
    fn give_up(&self, event: &str) -> ! {
        self.signal();
        std::thread::sleep(Duration::from_secs(3));
        let log = self.log_so_far.lock().unwrap();
        let tail: Vec<_> = log.lines().filter(|l| !l.contains("DEBUG")).collect();
        let from = tail.len().saturating_sub(40);
        panic!("no {event:?} was printed; the log ends with\n{}", tail[from..].join("\n"));
    }

    fn signal(&self) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
    }

    /// Stops it as an operator does; returns its log.
    pub(crate) fn stop(mut self) -> String {
        self.signal();
        let until = Instant::now() + PATIENCE;
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None if Instant::now() > until => panic!("the server does not stop"),
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        self.log.take().unwrap().join().unwrap();
        let log = self.log_so_far.lock().unwrap().clone();
        assert!(status.success(), "{status}: {log}");
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone after `stop`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn get(url: &str) -> (u16, reqwest::header::HeaderMap, String) {
    let http = bitacora_adapters::web::builder().unwrap().build().unwrap();
    let response = http.get(url).send().await.unwrap();
    (response.status().as_u16(), response.headers().clone(), response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_port_0_is_ready_serves_and_stops() {
    let db = TestDb::new().await;
    let env = Env::of(&db);
    let server = Server::start(&env, &[]);
    assert!(!server.url.ends_with(":0"));
    assert_eq!(get(&format!("{}/healthz", server.url)).await.0, 200);
    let (status, headers, body) = get(&format!("{}/readyz", server.url)).await;
    assert_eq!((status, body.contains("true")), (200, true), "{body}");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert!(headers.contains_key("x-request-id"));
    assert!(get(&format!("{}/schema.graphql", server.url)).await.2.contains("type Query"));
    let metrics = get(&format!("{}/metrics", server.url)).await.2;
    assert!(metrics.contains("bitacora_http_requests_total"), "{metrics}");
    assert_eq!(get(&format!("{}/nothing", server.url)).await.0, 404);
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_without_the_api_serves_its_health_only() {
    let db = TestDb::new().await;
    let env = Env::of(&db);
    let server = Server::start(&env, &["--roles", "projector"]);
    assert_eq!(get(&format!("{}/readyz", server.url)).await.0, 200);
    assert_eq!(get(&format!("{}/graphql", server.url)).await.0, 404);
    server.stop();
}

/// People and numbers of the demo.
const PERSONAL: &[&str] = &[
    "Lucía",
    "Ferreyra",
    "Ibarra",
    "Camila",
    "Quiroga",
    "Esteban",
    "5491166600011",
    "5491166600022",
    "5493516600033",
    "5493516600044",
    "13491208655302741918",
    "pedido 48213",
    "mecha de widia",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_fills_the_read_model_and_its_people_are_not_in_the_log() {
    let db = TestDb::new().await;
    let mut env = Env::of(&db);
    for (name, value) in [
        ("BITACORA_OFFLINE_PAYMENTS", "yes"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_of_a_test"),
        ("TWILIO_AUTH_TOKEN", "auth-token-of-a-test"),
    ] {
        env.vars.push((name, value.to_owned()));
    }
    let server = Server::start(&env, &["--demo"]);
    let announced = server.wait_for("demo");
    let played = server.wait_for("demo-played");
    assert_eq!((&played["refused"], &played["day"]), (&1.into(), &1.into()));
    assert_eq!(played["articles"], 3);
    let story = &played["story"];
    assert_eq!((&story["delivered"], &story["ticket"]), (&true.into(), &2.into()), "{story}");
    assert!(story["points"].as_i64().unwrap() >= 80, "{story}");

    let token = announced["token"].as_str().unwrap();
    let query = "{ conversations(first: 20) { nodes { contact { name } messages(first: 50) { nodes { text status } } } } }";
    let http = bitacora_adapters::web::builder().unwrap().build().unwrap();
    let ask = || async {
        let request = http.post(format!("{}/graphql", server.url)).bearer_auth(token);
        let answer: Value =
            request.json(&json!({"query": query})).send().await.unwrap().json().await.unwrap();
        answer
    };
    // What was acknowledged is in the read model a moment later.
    let until = Instant::now() + PATIENCE;
    let answer = loop {
        let answer = ask().await;
        let text = answer.to_string();
        if text.contains("ahí estaré") && text.contains("READ") && text.contains("FAILED") {
            break answer;
        }
        assert!(Instant::now() < until, "{answer:#}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let nodes = answer["data"]["conversations"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 5, "the shop's own customers and nobody else's: {answer:#}");
    let lucia = nodes.iter().find(|n| n["contact"]["name"] == "Lucía Ferreyra").unwrap();
    let texts: Vec<_> =
        lucia["messages"]["nodes"].as_array().unwrap().iter().map(|m| m["text"].clone()).collect();
    let first = texts.iter().filter(|t| **t == "Hola, ¿dónde está mi pedido 48213?").count();
    assert_eq!(first, 1, "delivered twice, there once");

    base_data(&db, &server.url, token).await;
    quiet(&db).await;
    let log = server.stop();
    assert!(log.len() > 1_000, "the log was captured");
    for word in PERSONAL {
        let line = log.lines().find(|line| line.contains(word));
        assert_eq!(line, None, "{word:?} is in the log");
    }
    // The same day again changes nothing: every wamid is known.
    let before = count_events(&db).await;
    let server = Server::start(&env, &[]);
    let again =
        env.command(&["demo", "--json", "--day", "1", "--url", &server.url]).output().unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    settle(&db).await;
    quiet(&db).await;
    server.stop();
    assert_eq!(count_events(&db).await, before);
}

/// What every installation of the demo has (CS-30): two tenants, two people who can log in, and at
/// least three customers, conversations, tickets and articles.
async fn base_data(db: &TestDb, url: &str, token: &str) {
    let count = async |event: &str| -> i64 {
        let query = "select count(*) from log.events where event_type = $1";
        let query = sqlx::query_scalar(query).bind(event);
        query.fetch_one(&db.pools().admin).await.unwrap()
    };
    assert_eq!((count("TenantRegistered").await, count("UserRegistered").await), (2, 2));
    for (event, least) in [("ContactCreated", 3), ("ConversationStarted", 3), ("TicketOpened", 3)] {
        let found = count(event).await;
        assert!(found >= least, "{event}: {found}");
    }
    let http = bitacora_adapters::web::builder().unwrap().build().unwrap();
    let login =
        json!({ "email": "agent@demo.com", "password": "admin123", "tenant": "optica-luz" });
    let login = http.post(format!("{url}/auth/login")).json(&login).send().await.unwrap();
    assert_eq!(login.status(), 200);
    let query = "{ knowledgeDocuments(filter: { status: { eq: PUBLISHED } }) { nodes { \
        title language published { number body } } } }";
    let request = http.post(format!("{url}/graphql")).bearer_auth(token);
    let found: Value =
        request.json(&json!({ "query": query })).send().await.unwrap().json().await.unwrap();
    let articles = found["data"]["knowledgeDocuments"]["nodes"].as_array().unwrap();
    assert_eq!(articles.len(), 3, "{found:#}");
    for article in articles {
        assert_eq!(
            (&article["language"], &article["published"]["number"]),
            (&"es-AR".into(), &1.into())
        );
        assert!(article["published"]["body"].as_str().unwrap().len() > 200, "{article}");
    }
}

/// Waits until nothing has happened for two seconds: what the played providers tell of a call or a
/// message comes a moment later.
async fn quiet(db: &TestDb) {
    let until = Instant::now() + PATIENCE;
    let mut before = -1;
    loop {
        let now = count_events(db).await;
        if now == before {
            return;
        }
        assert!(Instant::now() < until, "it never becomes quiet");
        before = now;
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

async fn count_events(db: &TestDb) -> i64 {
    sqlx::query_scalar("select count(*) from log.events")
        .fetch_one(&db.pools().admin)
        .await
        .unwrap()
}

/// Waits until the inbox has been worked off.
async fn settle(db: &TestDb) {
    let until = Instant::now() + PATIENCE;
    let open = "select count(*) from inbox.deliveries where processed_at is null";
    while sqlx::query_scalar::<_, i64>(open).fetch_one(&db.pools().admin).await.unwrap() > 0 {
        assert!(Instant::now() < until, "the inbox is not worked off");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
