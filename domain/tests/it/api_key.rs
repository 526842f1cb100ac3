//! API key: scopes, an end, and nothing in the log that opens anything.

use std::collections::BTreeSet;

use bitacora_domain::aggregates::api_key::{ApiKey, ApiKeyCommand as C, KEY_CLAIM};
use bitacora_domain::{Capability, Claim};

use crate::support::ids::{STREAM, TENANT, minute};
use crate::support::people::hash;
use crate::support::{Case, given};

fn issue(scopes: &[Capability], minutes: Option<i64>) -> C {
    C::Issue {
        name: "ERP".to_owned(),
        scopes: scopes.iter().copied().collect(),
        key_hash: hash(1),
        prefix: "bk_live_ab12".to_owned(),
        expires_at: minutes.map(minute),
    }
}

fn revoke() -> C {
    C::Revoke { reason: None }
}

fn issued() -> Case<ApiKey> {
    given::<ApiKey>([]).after(issue(&[Capability::Read], Some(60)))
}

#[test]
fn every_state_meets_every_command() {
    let rows = [
        (
            issue(&[Capability::Work], None),
            ["ApiKeyIssued", "!API_KEY_ALREADY_ISSUED", "!API_KEY_ALREADY_ISSUED"],
        ),
        (revoke(), ["!API_KEY_NOT_FOUND", "ApiKeyRevoked", "-"]),
    ];
    for (command, row) in rows {
        let cases = [given::<ApiKey>([]), issued(), issued().after(revoke())];
        for (case, cell) in cases.into_iter().zip(row) {
            assert_eq!(case.when(command.clone()).summary(), cell, "{command:?}");
        }
    }
}

#[test]
fn what_cannot_be_issued() {
    let refused = |command: C, code: &str| {
        given::<ApiKey>([]).when(command).then_refused(code);
    };
    refused(issue(&[], None), "INVALID_SCOPES");
    for own in [Capability::Members, Capability::ApiKeys] {
        refused(issue(&[Capability::Read, own], None), "INVALID_SCOPES");
    }
    refused(issue(&[Capability::Read], Some(0)), "INVALID_EXPIRY");
    for bad in ["", "bk_live_secret", &"z".repeat(64)] {
        let C::Issue { name, scopes, prefix, expires_at, .. } = issue(&[Capability::Read], None)
        else {
            panic!("not an issue")
        };
        let key_hash = bad.to_owned();
        refused(C::Issue { name, scopes, key_hash, prefix, expires_at }, "INVALID_KEY_HASH");
    }
}

#[test]
fn a_key_is_good_until_it_ends_or_is_revoked() {
    let case = issued();
    let scopes = BTreeSet::from([Capability::Read]);
    assert_eq!(case.state.scopes(minute(59)), Some(&scopes));
    assert_eq!(case.state.scopes(minute(60)), None, "the end is exclusive");
    assert_eq!(case.after(revoke()).state.scopes(minute(1)), None);
    assert_eq!(ApiKey::default().scopes(minute(1)), None);
}

#[test]
fn the_hash_is_claimed_until_the_key_is_revoked() {
    let owner = format!("{TENANT}/{STREAM}");
    let taken = given::<ApiKey>([]).when(issue(&[Capability::Read], None));
    assert_eq!(taken.claims(), [Claim::take(KEY_CLAIM, hash(1), &owner).installation_wide()]);
    let freed = taken.case.when(revoke());
    assert_eq!(freed.claims(), [Claim::release(KEY_CLAIM, hash(1), &owner).installation_wide()]);
}
