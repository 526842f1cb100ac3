//! Calls take their course, and the carrier tells: signed webhooks, late, out of order, twice;
//! some get lost.

use std::time::Duration;

use bitacora_commands::calls::{CallPath, CallTopic};
use bitacora_commands::sources::{Secret, twilio};
use tokio::time::sleep;

use super::book::{Book, Made};
use super::course::{LASTS_S, Step};
use super::fake::{ACCOUNT, TOKEN, now};

/// How often a callback is posted that must not get lost.
const REPEATS: u32 = 2_000;
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(150);

/// Where callbacks of one attempt go.
#[derive(Clone, Debug)]
pub(super) struct Callback {
    base: String,
    path: CallPath,
}

/// The attempt that an address for statuses names, and where its callbacks go.
pub(super) fn attempt_of(address: &str) -> Option<(String, Callback)> {
    let (base, rest) = address.split_once("/webhooks/twilio/")?;
    let path = CallPath::parse(rest).filter(|path| path.topic == CallTopic::Status)?;
    let attempt = format!("{}/{}", path.call, path.attempt);
    Some((attempt, Callback { base: format!("{base}/webhooks/twilio"), path }))
}

/// The call begins, and goes on by itself.
pub(super) fn take_place(book: &Book, sid: String, callback: Callback) {
    let book = book.clone();
    book.goes_on(1);
    tokio::spawn(async move {
        let course = book.open().calls.get(&sid).map(|made| made.course.clone());
        let steps = course.map(|course| course.steps).unwrap_or_default();
        for (n, step) in steps.iter().enumerate() {
            sleep(Duration::from_millis(step.after)).await;
            let Some(made) = advance(&book, &sid) else { break };
            tell(&book, &sid, &callback, step, (n, &made));
            if made.cut_off {
                break;
            }
        }
        book.goes_on(-1);
    });
}

/// The next step, unless somebody has hung up: then the end.
fn advance(book: &Book, sid: &str) -> Option<Made> {
    let mut pages = book.open();
    let made = pages.calls.get_mut(sid)?;
    if !made.cut_off {
        made.steps += 1;
    }
    Some(made.clone())
}

fn tell(book: &Book, sid: &str, callback: &Callback, step: &Step, (n, made): (usize, &Made)) {
    let Some(late) = step.told else { return book.fault("callback lost by the carrier") };
    let mut posts = vec![(CallTopic::Status, status(made, n))];
    if made.status() == "in-progress"
        && let Some(who) = made.answered_by()
    {
        posts.push((CallTopic::AnsweredBy, vec![("AnsweredBy", who.to_owned())]));
    }
    if step.twice {
        posts.push((CallTopic::Status, status(made, n)));
    }
    for (topic, more) in posts {
        let url = format!("{}/{}", callback.base, CallPath { topic, ..callback.path.clone() });
        let form = form(sid, made, more);
        let (book, persistent) = (book.clone(), made.course.persistent);
        book.goes_on(1);
        tokio::spawn(async move {
            sleep(Duration::from_millis(late)).await;
            post(&book, &url, &form, persistent).await;
            book.goes_on(-1);
        });
    }
}

fn status(made: &Made, n: usize) -> Vec<(&'static str, String)> {
    let mut form = vec![
        ("CallStatus", made.status().to_owned()),
        ("SequenceNumber", n.to_string()),
        ("CallbackSource", "call-progress-events".to_owned()),
    ];
    if made.is_over() {
        form.push(("SipResponseCode", made.course.sip.to_string()));
        if made.status() == "completed" {
            form.push(("CallDuration", LASTS_S.to_string()));
            form.push(("Duration", "2".to_owned()));
        }
        form.extend(made.answered_by().map(|who| ("AnsweredBy", who.to_owned())));
    }
    form
}

fn form(sid: &str, made: &Made, more: Vec<(&'static str, String)>) -> Vec<(String, String)> {
    let common = [
        ("CallSid", sid.to_owned()),
        ("AccountSid", ACCOUNT.to_owned()),
        ("ApiVersion", "2010-04-01".to_owned()),
        ("Direction", "outbound-api".to_owned()),
        ("From", made.from.clone()),
        ("To", made.to.clone()),
        ("Timestamp", now().to_rfc2822()),
    ];
    common.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Posts until it is taken, or once.
async fn post(book: &Book, url: &str, form: &[(String, String)], persistent: bool) {
    let Ok((client, signature)) = prepared(url, form) else {
        return book.wrong("a callback cannot be posted".into());
    };
    let mut body = String::new();
    if let Ok(mut pairs) = reqwest::Url::parse("form:/") {
        pairs.query_pairs_mut().extend_pairs(form);
        body.push_str(pairs.query().unwrap_or_default());
    }
    for _ in 0..REPEATS {
        let request = client
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-twilio-signature", &signature)
            .body(body.clone());
        match request.send().await.map(|answer| answer.status().as_u16()) {
            Ok(200..=299) => return,
            Ok(500..=599) | Err(_) if persistent => {
                book.fault("callback sent again: the server was down");
                sleep(PAUSE).await;
            }
            Ok(500..=599) | Err(_) => return book.fault("callback lost: the server was down"),
            Ok(other) => return book.wrong(format!("{other} for a callback")),
        }
    }
}

fn prepared(url: &str, form: &[(String, String)]) -> anyhow::Result<(reqwest::Client, String)> {
    let client = bitacora_adapters::web::builder()?.timeout(Duration::from_secs(10)).build()?;
    Ok((client, twilio::sign(&Secret::new(TOKEN)?, url, form)))
}
