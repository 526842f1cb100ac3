//! What the providers' own libraries think of a few hundred signatures, and what we do
//! (`tools/sdk-verdicts/generate.mjs` made the file: seeded ports, encodings, doubles, headers of
//! every form). Where we are stricter on purpose, it says so here.

use bitacora_commands::sources::standard_webhooks::{self, Key};
use bitacora_commands::sources::{self, Arrival, Headers, Secret};
use serde::Deserialize;

use crate::sources::at;

#[derive(Debug, Deserialize)]
#[serde(tag = "library", rename_all = "lowercase")]
enum Verdict {
    Twilio {
        url: String,
        #[serde(rename = "type")]
        content_type: String,
        body: String,
        signature: String,
        good: bool,
    },
    Stripe {
        body: String,
        header: String,
        secret: String,
        now: i64,
        good: bool,
    },
    StandardWebhooks {
        body: String,
        id: String,
        timestamp: String,
        signature: String,
        now: i64,
        good: bool,
    },
}

fn verdicts() -> Vec<Verdict> {
    let lines = include_str!("../fixtures/sdk_verdicts.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Ours and theirs; `None` for another library.
fn twilio(verdict: &Verdict) -> Option<(bool, bool)> {
    let Verdict::Twilio { url, content_type, body, signature, good } = verdict else {
        return None;
    };
    let headers = [("x-twilio-signature", signature)].into_iter().collect();
    let urls = [url.clone()];
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let arrival = Arrival {
        rest: "",
        query,
        urls: &urls,
        headers: &headers,
        content_type,
        body: body.as_bytes(),
        received_at: at(0),
    };
    let secrets = [Secret::new("12345").unwrap()];
    Some((sources::find("twilio")?.verify(&secrets, &arrival, at(0)).is_ok(), *good))
}

fn stripe(verdict: &Verdict) -> Option<(bool, bool)> {
    let Verdict::Stripe { body, header, secret, now, good } = verdict else { return None };
    let headers: Headers = [("stripe-signature", header)].into_iter().collect();
    let arrival = Arrival {
        rest: "",
        query: "",
        urls: &[],
        headers: &headers,
        content_type: "application/json",
        body: body.as_bytes(),
        received_at: at(*now),
    };
    let secrets = [Secret::new(secret.as_str()).unwrap()];
    Some((sources::find("stripe")?.verify(&secrets, &arrival, at(*now)).is_ok(), *good))
}

fn standard(verdict: &Verdict) -> Option<(bool, bool)> {
    let Verdict::StandardWebhooks { body, id, timestamp, signature, now, good } = verdict else {
        return None;
    };
    let headers: Headers =
        [("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature)]
            .into_iter()
            .collect();
    let keys = [Key::parse("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap()];
    Some((standard_webhooks::verify(&keys, &headers, body.as_bytes(), at(*now)).is_ok(), *good))
}

/// All cases of a library are judged as it judges them, but those that `stricter` names, which it
/// accepts and we do not.
fn compare(judge: fn(&Verdict) -> Option<(bool, bool)>, stricter: fn(&Verdict) -> bool) {
    let (mut accepted, mut refused, mut refused_by_us) = (0, 0, 0);
    let mut differing = Vec::new();
    for verdict in verdicts() {
        let Some((ours, theirs)) = judge(&verdict) else { continue };
        if theirs && !ours && stricter(&verdict) {
            refused_by_us += 1;
            continue;
        }
        match (ours, theirs) {
            (true, true) => accepted += 1,
            (false, false) => refused += 1,
            (true, false) | (false, true) => differing.push(format!("ours {ours}: {verdict:?}")),
        }
    }
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing.join("\n"));
    let counted = format!("{accepted} accepted, {refused} refused, {refused_by_us} by us alone");
    assert!(accepted >= 30 && refused >= 30, "{counted}");
}

#[test]
fn twilio_signatures_are_judged_as_its_library_judges_them() {
    compare(twilio, |_| false);
}

#[test]
fn stripe_signatures_are_judged_as_its_library_judges_them() {
    compare(stripe, |_| false);
}

#[test]
fn standard_webhooks_are_judged_as_their_library_judges_them() {
    // Their library reads a number as far as it goes: "1800000000x", "1800000000.0", " 1800000000".
    // The standard says integer, and nobody who signs writes it otherwise.
    let no_integer = |verdict: &Verdict| match verdict {
        Verdict::StandardWebhooks { timestamp, .. } => timestamp.parse::<i64>().is_err(),
        Verdict::Twilio { .. } | Verdict::Stripe { .. } => false,
    };
    compare(standard, no_integer);
}
