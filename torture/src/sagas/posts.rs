//! What Stripe and Twilio post: in any order, twice, and again until they get an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bitacora_adapters::clock::SystemClock;
use bitacora_commands::ports::Clock as _;
use bitacora_commands::sources::{Secret, twilio};
use bitacora_domain::OrderId;
use hmac::{Hmac, Mac as _};
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::stage::{ACCOUNT, OUR_NUMBER, PRICE, Stage};
use super::{Options, STRIPE_SECRET, TWILIO_TOKEN};

/// Posters at a time.
const POSTERS: u64 = 8;

/// One webhook.
enum Post {
    Stripe { body: String },
    Twilio { path: &'static str, form: Vec<(String, String)> },
}

/// All webhooks of a run, in the order in which they are let go.
pub(super) struct Posts {
    base: String,
    all: Vec<Post>,
    next: AtomicU64,
    let_go: AtomicU64,
    accepted: AtomicU64,
    repeated: AtomicU64,
    unanswered: AtomicU64,
}

impl Posts {
    /// Both paid events of each order and both statuses of each call, shuffled.
    pub(super) fn new(options: &Options, stage: &Stage, address: &str) -> Self {
        let mut dice = StdRng::seed_from_u64(options.seed);
        let mut posts: Vec<Post> = Vec::new();
        for (n, order) in stage.orders.iter().enumerate() {
            posts.push(paid(stage, *order, n, "checkout.session.completed"));
            posts.push(paid(stage, *order, n, "payment_intent.succeeded"));
        }
        for n in 0..stage.leads.len() {
            posts.push(call(n, "voice"));
            posts.push(call(n, "status"));
        }
        posts.shuffle(&mut dice);
        let zero = || AtomicU64::new(0);
        Self {
            base: format!("http://{address}/webhooks"),
            all: posts,
            next: zero(),
            let_go: zero(),
            accepted: zero(),
            repeated: zero(),
            unanswered: zero(),
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.all.len() as u64
    }

    /// So many may leave now.
    pub(super) fn let_go(&self, count: u64) {
        self.let_go.fetch_max(count, Ordering::SeqCst);
    }

    /// Has everything that was let go been answered?
    pub(super) fn is_idle(&self) -> bool {
        let waiting = self.let_go.load(Ordering::SeqCst).min(self.len());
        self.accepted.load(Ordering::SeqCst) >= waiting
    }

    pub(super) fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::SeqCst)
    }

    pub(super) fn repeated(&self) -> u64 {
        self.repeated.load(Ordering::SeqCst)
    }

    pub(super) fn unanswered(&self) -> u64 {
        self.unanswered.load(Ordering::SeqCst)
    }
}

/// Starts those who post; they end when everything was answered.
pub(super) fn start(
    posts: &Arc<Posts>,
    seed: u64,
) -> anyhow::Result<Vec<JoinHandle<anyhow::Result<()>>>> {
    let client = bitacora_adapters::web::builder()?.timeout(Duration::from_secs(10)).build()?;
    let poster = |n: u64| {
        let (posts, client) = (Arc::clone(posts), client.clone());
        let dice = StdRng::seed_from_u64(seed.wrapping_mul(1_000).wrapping_add(n));
        tokio::spawn(post_all(posts, client, dice))
    };
    Ok((0..POSTERS).map(poster).collect())
}

async fn post_all(
    posts: Arc<Posts>,
    client: reqwest::Client,
    mut dice: StdRng,
) -> anyhow::Result<()> {
    loop {
        let next = posts.next.fetch_add(1, Ordering::SeqCst);
        let Some(post) = posts.all.get(usize::try_from(next)?) else { return Ok(()) };
        while posts.let_go.load(Ordering::SeqCst) <= next {
            sleep(Duration::from_millis(5)).await;
        }
        while !answered(&posts, &client, post).await? {
            posts.unanswered.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_millis(dice.random_range(10..80))).await;
        }
        posts.accepted.fetch_add(1, Ordering::SeqCst);
        if dice.random_bool(0.3) && answered(&posts, &client, post).await? {
            posts.repeated.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Posts it once; was it taken?
async fn answered(posts: &Posts, client: &reqwest::Client, post: &Post) -> anyhow::Result<bool> {
    let request = match post {
        Post::Stripe { body } => client
            .post(format!("{}/stripe", posts.base))
            .header("content-type", "application/json")
            .header("stripe-signature", stripe_signature(body)?)
            .body(body.clone()),
        Post::Twilio { path, form } => {
            let url = format!("{}/twilio/{path}", posts.base);
            let signature = twilio::sign(&Secret::new(TWILIO_TOKEN)?, &url, form);
            let pairs = form.iter().map(|(name, value)| format!("{name}={}", escaped(value)));
            client
                .post(url)
                .header("content-type", "application/x-www-form-urlencoded")
                .header("x-twilio-signature", signature)
                .body(pairs.collect::<Vec<_>>().join("&"))
        }
    };
    match request.send().await {
        Ok(answer) if answer.status().is_success() => Ok(true),
        Ok(answer) if answer.status().is_client_error() => {
            anyhow::bail!("a webhook is refused: {}", answer.status())
        }
        Ok(_) | Err(_) => Ok(false),
    }
}

fn stripe_signature(body: &str) -> anyhow::Result<String> {
    let at = SystemClock.now().timestamp();
    let mut mac = Hmac::<Sha256>::new_from_slice(STRIPE_SECRET.as_bytes())?;
    mac.update(format!("{at}.{body}").as_bytes());
    Ok(format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes())))
}

fn escaped(value: &str) -> String {
    value.replace('+', "%2B").replace(' ', "%20").replace(',', "%2C").replace(':', "%3A")
}

/// Stripe tells of a payment.
fn paid(stage: &Stage, order: OrderId, n: usize, kind: &'static str) -> Post {
    let intent = format!("pi_{}", order.as_uuid().simple());
    let metadata = json!({ "tenant_id": stage.tenant, "order_id": order });
    let object: Value = if kind == "payment_intent.succeeded" {
        json!({
            "id": intent, "object": "payment_intent", "status": "succeeded", "amount": PRICE,
            "amount_received": PRICE, "currency": "usd", "metadata": metadata,
        })
    } else {
        json!({
            "id": Stage::session(order), "object": "checkout.session", "mode": "payment",
            "status": "complete", "payment_status": "paid", "client_reference_id": order,
            "amount_subtotal": PRICE, "amount_total": PRICE, "currency": "usd",
            "payment_intent": intent, "metadata": metadata, "url": null,
        })
    };
    let event = json!({
        "id": format!("evt_{kind}_{n}"), "object": "event", "api_version": "2025-10-29.clover",
        "created": SystemClock.now().timestamp(), "livemode": false, "pending_webhooks": 1,
        "type": kind, "data": { "object": object },
    });
    Post::Stripe { body: event.to_string() }
}

/// A person calls, and the call ends.
fn call(n: usize, path: &'static str) -> Post {
    let over = path == "status";
    let mut form = vec![
        ("CallSid".to_owned(), format!("CA{n:032x}")),
        ("AccountSid".to_owned(), ACCOUNT.to_owned()),
        ("From".to_owned(), Stage::number(n)),
        ("To".to_owned(), OUR_NUMBER.to_owned()),
        ("Direction".to_owned(), "inbound".to_owned()),
        ("CallStatus".to_owned(), if over { "completed" } else { "ringing" }.to_owned()),
    ];
    if over {
        form.push(("SequenceNumber".to_owned(), "0".to_owned()));
        form.push(("CallDuration".to_owned(), "41".to_owned()));
    }
    Post::Twilio { path, form }
}
