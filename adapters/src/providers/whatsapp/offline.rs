//! The offline twin of the Cloud API, for installations without a token: nothing leaves the
//! house, and everything that would come back does. It takes the real path, by signed webhooks
//! over HTTP to our own listener, and behaves as badly as the real one: statuses out of order and
//! twice, refusals, failures, answers that get lost. What happens to a message follows from the
//! seed and the message alone.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bitacora_commands::ports::{Accepted, Address, Clock, Messenger, Outgoing, Refusal, SendFault};
use bitacora_commands::sources::Secret;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::cloud::SetupFault;
use super::{errors, request};
use crate::web;

/// Messages whose statuses are on their way at the same time; further ones are "throttled".
const UNDER_WAY_MAX: usize = 512;
/// How often a webhook that was not taken is sent again.
const TRIES: u32 = 6;
/// Pause before the second try; doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Time for one webhook.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// "Message undeliverable".
const UNDELIVERABLE: i64 = 131_026;
/// "Rate limit hit".
const THROTTLED: i64 = 130_429;
/// End of the numbers that nothing reaches while everybody is kind.
const UNLUCKY: &str = "9999";
/// Dice of the textbook: sent, delivered, read, each once, without haste.
const IN_ORDER: [u8; 4] = [7, 1, 1, 100];

/// How it behaves.
#[derive(Clone, Debug)]
pub struct OfflineSettings {
    /// Signs the webhooks: one of those that our own listener accepts.
    pub app_secret: Secret,
    /// What happens to which message follows from it.
    pub seed: u64,
    /// How much faster than life statuses come: 1 takes seconds.
    pub haste: u32,
    /// For demonstrations: every message arrives and is read, in the order of the textbook. Only
    /// what goes to a number that ends in 9999 fails.
    pub kind: bool,
    /// Where our own webhooks listen (`http://127.0.0.1:8080`). Without it nothing is taken.
    pub listener: Option<String>,
}

/// The twin. Cheap to clone.
#[derive(Clone)]
pub struct Offline(Arc<Inner>);

struct Inner {
    settings: OfflineSettings,
    clock: Arc<dyn Clock>,
    http: reqwest::Client,
    under_way: Arc<Semaphore>,
}

impl fmt::Debug for Offline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Offline")
    }
}

impl Offline {
    /// A twin.
    ///
    /// # Errors
    /// [`SetupFault`] when there is no HTTP client.
    pub fn new(settings: OfflineSettings, clock: Arc<dyn Clock>) -> Result<Self, SetupFault> {
        let http = web::builder()?.timeout(ANSWER_WITHIN).build()?;
        let under_way = Arc::new(Semaphore::new(UNDER_WAY_MAX));
        Ok(Self(Arc::new(Inner { settings, clock, http, under_way })))
    }
}

#[async_trait]
impl Messenger for Offline {
    async fn send(&self, outgoing: Outgoing) -> Result<Accepted, SendFault> {
        let Some(listener) = &self.0.settings.listener else {
            return Err(SendFault::Unreachable("OFFLINE_WITHOUT_LISTENER"));
        };
        let url = format!("{}/webhooks/meta/whatsapp", listener.trim_end_matches('/'));
        // What the real one would not take, this one does not take either.
        let body = request::body(&outgoing).map_err(|fault| refused(100, &fault.to_string()))?;
        let mut fate = Fate::of(self.0.settings.seed, &outgoing.callback);
        if self.0.settings.kind {
            fate = fate.kindly(&outgoing.to);
        }
        if fate.ending == Ending::Refused {
            return Err(refused(UNDELIVERABLE, "Message undeliverable"));
        }
        let Ok(permit) = Arc::clone(&self.0.under_way).try_acquire_owned() else {
            return Err(refused(THROTTLED, "Rate limit hit"));
        };
        let (inner, account) = (Arc::clone(&self.0), outgoing.account);
        let recipient = body.get("to").or_else(|| body.get("recipient")).cloned();
        let about = json!({
            "id": fate.wamid,
            "recipient_id": recipient.unwrap_or_default(),
            "biz_opaque_callback_data": outgoing.callback,
        });
        let steps = fate.steps(inner.settings.haste);
        tokio::spawn(async move {
            let _permit = permit;
            for step in steps {
                sleep(step.after).await;
                inner.report(&url, &account, &about, step.status).await;
            }
        });
        if fate.ending == Ending::AnswerLost {
            return Err(SendFault::Unknown("OFFLINE_LOST_ANSWER"));
        }
        let wa_id = match outgoing.to {
            Address::Digits(digits) => Some(digits),
            Address::UserId(_) => None,
        };
        Ok(Accepted { provider_message_id: fate.wamid, wa_id })
    }
}

impl Inner {
    /// Posts one status, again when it is not taken.
    async fn report(&self, url: &str, account: &str, about: &Value, status: &'static str) {
        let body = self.webhook(account, about, status).to_string();
        let Some(signature) = self.signature(body.as_bytes()) else { return };
        let mut pause = FIRST_PAUSE;
        for _ in 0..TRIES {
            let request = self
                .http
                .post(url)
                .header("content-type", "application/json")
                .header("x-hub-signature-256", &signature)
                .body(body.clone());
            match request.send().await {
                Ok(answer) if answer.status().is_success() => return,
                Ok(_) | Err(_) => sleep(pause).await,
            }
            pause *= 2;
        }
        tracing::warn!(status, "our own webhook did not take a status of the offline adapter");
    }

    fn webhook(&self, account: &str, about: &Value, status: &str) -> Value {
        let mut report = about.clone();
        if let Some(report) = report.as_object_mut() {
            report.insert("status".into(), status.into());
            let now = self.clock.now().timestamp().to_string();
            report.insert("timestamp".into(), now.into());
            if status == "failed" {
                let error = json!({ "code": UNDELIVERABLE, "title": "Message undeliverable" });
                report.insert("errors".into(), json!([error]));
            }
        }
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": "0", "changes": [{
            "field": "messages",
            "value": {
                "messaging_product": "whatsapp",
                "metadata": { "display_phone_number": "0", "phone_number_id": account },
                "statuses": [report],
            },
        }] }] })
    }

    fn signature(&self, body: &[u8]) -> Option<String> {
        // HMAC takes keys of any length
        let mac = Hmac::<Sha256>::new_from_slice(self.settings.app_secret.expose()).ok()?;
        Some(format!("sha256={}", hex::encode(mac.chain_update(body).finalize().into_bytes())))
    }
}

/// A refusal with the class and the remedy that the real one's would have.
fn refused(code: i64, title: &str) -> SendFault {
    let (class, remedy) = errors::judge(code, false);
    SendFault::Refused(Refusal { code, title: title.to_owned(), class, remedy, after: None })
}

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fate {
    wamid: String,
    ending: Ending,
    /// Dice for order, doubles and pace.
    dice: [u8; 4],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// It arrives.
    Arrives,
    /// It is refused at once.
    Refused,
    /// It is taken and fails afterwards.
    Fails,
    /// It is taken and our answer gets lost; statuses come.
    AnswerLost,
}

/// A status, and how long after the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    after: Duration,
    status: &'static str,
}

impl Fate {
    fn of(seed: u64, callback: &str) -> Self {
        let hash = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(callback).finalize();
        let ending = match hash[0] {
            0..=4 => Ending::Refused,
            5..=9 => Ending::Fails,
            10..=14 => Ending::AnswerLost,
            _ => Ending::Arrives,
        };
        let wamid = format!("wamid.OFFLINE{}", hex::encode(&hash[8..24]));
        Self { wamid, ending, dice: [hash[1], hash[2], hash[3], hash[4]] }
    }

    /// The same message where everybody is kind.
    fn kindly(self, to: &Address) -> Self {
        let unlucky = match to {
            Address::Digits(digits) => digits.reveal().is_some_and(|text| text.ends_with(UNLUCKY)),
            Address::UserId(_) => false,
        };
        let ending = if unlucky { Ending::Fails } else { Ending::Arrives };
        Self { ending, dice: IN_ORDER, ..self }
    }

    /// The statuses: sometimes out of order, sometimes twice, not always up to "read".
    fn steps(&self, haste: u32) -> Vec<Step> {
        let [order, doubles, read, pace] = self.dice;
        let mut statuses = match (self.ending, order % 8) {
            (Ending::Refused, _) => vec![],
            (Ending::Fails, 0..4) => vec!["failed"],
            (Ending::Fails, _) => vec!["sent", "failed"],
            (Ending::Arrives | Ending::AnswerLost, 0) => vec!["delivered", "sent", "read"],
            (Ending::Arrives | Ending::AnswerLost, 1) => vec!["sent", "read", "delivered"],
            (Ending::Arrives | Ending::AnswerLost, _) => vec!["sent", "delivered", "read"],
        };
        if read % 4 == 0 {
            statuses.retain(|status| *status != "read");
        }
        if let (0, Some(last)) = (doubles % 4, statuses.last().copied()) {
            statuses.push(last);
        }
        let pause = |n: usize| {
            let weight = u32::try_from(n + 1).unwrap_or(u32::MAX);
            Duration::from_millis(150 + u64::from(pace) * 2) * weight / haste.max(1)
        };
        statuses.iter().enumerate().map(|(n, status)| Step { after: pause(n), status }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitacora_domain::{Personal, Subject};
    use std::collections::BTreeMap;

    #[test]
    fn whoever_is_kind_reads_everything_but_the_unlucky() {
        let statuses =
            |fate: Fate| fate.steps(1).iter().map(|step| step.status).collect::<Vec<_>>();
        for n in 0..500 {
            let to = |digits: &str| {
                Address::Digits(Personal::new(Subject("contact:x".into()), digits.to_owned()))
            };
            let fate = || Fate::of(7, &format!("b1:{n}"));
            let lucky = fate().kindly(&to("5491166600011"));
            assert_eq!(lucky.ending, Ending::Arrives);
            assert_eq!(statuses(lucky), ["sent", "delivered", "read"]);
            assert_eq!(statuses(fate().kindly(&to("5491166609999"))), ["sent", "failed"]);
        }
    }

    #[test]
    fn a_fate_follows_from_seed_and_message_alone_and_all_of_them_happen() {
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        for n in 0..2_000 {
            let callback = format!("b1:{n}");
            let fate = Fate::of(7, &callback);
            assert_eq!(fate, Fate::of(7, &callback));
            let steps: Vec<_> = fate.steps(1).iter().map(|step| step.status).collect();
            *seen.entry(format!("{:?} {}", fate.ending, steps.join(" "))).or_default() += 1;
        }
        assert_ne!(Fate::of(7, "b1:1"), Fate::of(8, "b1:1"));
        for fate in [
            "Refused ",
            "Fails failed",
            "Fails sent failed",
            "Arrives sent delivered read",
            "Arrives sent delivered",
            "Arrives delivered sent read",
            "Arrives sent read delivered",
            "Arrives sent delivered read read",
            "AnswerLost sent delivered read",
        ] {
            assert!(seen.get(fate) > Some(&0), "{fate} never happened: {seen:#?}");
        }
        assert!(seen["Arrives sent delivered read"] > 500, "{seen:#?}");
    }
}
