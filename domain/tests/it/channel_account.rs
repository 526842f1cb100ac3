//! Channel account: one number, one account, in the whole installation.

use bitacora_domain::aggregates::channel_account::{
    ChannelAccount, ChannelCommand as C, ChannelEvent as E, ChannelKind, ChannelStatus,
    PHONE_NUMBER_CLAIM,
};
use bitacora_domain::{ChannelAccountId, Claim};

use crate::support::ids::{STREAM, TENANT};
use crate::support::{Case, given};

const NUMBER: &str = "106540352242922";

fn connect(phone_number_id: &str, name: &str) -> C {
    C::ConnectWhatsApp {
        phone_number_id: phone_number_id.to_owned(),
        waba_id: None,
        display_phone_number: "+54 9 11 6660-0000".to_owned(),
        name: name.to_owned(),
    }
}

fn was_connected(phone_number_id: &str) -> E {
    E::ChannelConnected {
        tenant: TENANT,
        channel: ChannelAccountId::new(STREAM),
        phone_number_id: phone_number_id.to_owned(),
        waba_id: None,
        display_phone_number: "+54 9 11 6660-0000".to_owned(),
        name: "Ventas".to_owned(),
    }
}

fn disable() -> C {
    C::Disable { reason: None }
}

fn degrade() -> C {
    C::Degrade { reason: "QUALITY".to_owned() }
}

fn connected() -> Case<ChannelAccount> {
    given::<ChannelAccount>([was_connected(NUMBER)])
}

fn degraded() -> Case<ChannelAccount> {
    connected().after(degrade())
}

fn disabled() -> Case<ChannelAccount> {
    connected().after(disable())
}

/// Columns: not connected, CONNECTED, DEGRADED, DISABLED.
#[rustfmt::skip]
fn matrix() -> Vec<(C, [&'static str; 4])> {
    const NONE: &str = "!CHANNEL_NOT_FOUND";
    const OFF: &str = "!CHANNEL_DISABLED";
    const OTHER: &str = "!CHANNEL_ALREADY_CONNECTED";
    vec![
        (connect(NUMBER, "Ventas"), ["ChannelConnected", "-", "-", "ChannelConnected"]),
        (connect("55555", "Ventas"), ["ChannelConnected", OTHER, OTHER, "ChannelConnected"]),
        (disable(), [NONE, "ChannelDisabled", "ChannelDisabled", "-"]),
        (degrade(), [NONE, "ChannelDegraded", "-", OFF]),
        (C::Degrade { reason: "BAN".to_owned() }, [NONE, "ChannelDegraded", "ChannelDegraded", OFF]),
        (C::Restore, [NONE, "-", "ChannelRestored", OFF]),
    ]
}

#[test]
fn every_state_meets_every_command() {
    for (command, row) in matrix() {
        let cases = [given::<ChannelAccount>([]), connected(), degraded(), disabled()];
        for (case, cell) in cases.into_iter().zip(row) {
            let status = case.state.status();
            let summary = case.when(command.clone()).summary();
            assert_eq!(summary, cell, "{command:?} on {status:?}");
        }
    }
}

#[test]
fn the_status_follows_what_happened() {
    assert_eq!(connected().state.status(), ChannelStatus::Connected);
    assert_eq!(degraded().state.status(), ChannelStatus::Degraded);
    assert_eq!(degraded().after(C::Restore).state.status(), ChannelStatus::Connected);
    assert_eq!(disabled().state.status(), ChannelStatus::Disabled);
    let again = disabled().when(connect("55555", "Ventas")).then([was_connected("55555")]);
    assert_eq!(again.state.status(), ChannelStatus::Connected);
}

#[test]
fn a_number_is_connected_once_in_the_whole_installation_until_it_is_disabled() {
    let owner = format!("{TENANT}/{STREAM}");
    let taken = given::<ChannelAccount>([]).when(connect(NUMBER, "Ventas"));
    let take = Claim::take(PHONE_NUMBER_CLAIM, NUMBER, &owner).installation_wide();
    assert_eq!(taken.claims(), [take]);
    let degraded = taken.case.when(degrade());
    assert_eq!(degraded.claims(), []);
    let freed = degraded.case.when(disable());
    let release = Claim::release(PHONE_NUMBER_CLAIM, NUMBER, &owner).installation_wide();
    assert_eq!(freed.claims(), [release]);
}

#[test]
fn a_connection_is_checked() {
    let refused = |command: C, code: &str| {
        given::<ChannelAccount>([]).when(command).then_refused(code);
    };
    for bad in ["", "1234", "12345a", "+5491166600011", &"1".repeat(33)] {
        refused(connect(bad, "Ventas"), "INVALID_PHONE_NUMBER_ID");
    }
    refused(connect(NUMBER, " "), "INVALID_NAME");
    refused(connect(NUMBER, &"x".repeat(101)), "INVALID_NAME");
    let with = |waba_id: &str, display: &str| C::ConnectWhatsApp {
        phone_number_id: NUMBER.to_owned(),
        waba_id: Some(waba_id.to_owned()),
        display_phone_number: display.to_owned(),
        name: "Ventas".to_owned(),
    };
    refused(with("waba", "+54 9 11"), "INVALID_WABA_ID");
    refused(with("102290129340398", ""), "INVALID_DISPLAY_NUMBER");
    let nobody = given::<ChannelAccount>([]).of("x");
    nobody.when(connect(NUMBER, "Ventas")).then_refused("INVALID_CHANNEL_ID");
}

#[test]
fn a_reason_has_1_to_500_characters() {
    let long = "x".repeat(501);
    connected().when(C::Degrade { reason: " ".to_owned() }).then_refused("INVALID_REASON");
    connected().when(C::Degrade { reason: long.clone() }).then_refused("INVALID_REASON");
    connected().when(C::Disable { reason: Some(long) }).then_refused("INVALID_REASON");
    let phone_number_id = NUMBER.to_owned();
    connected()
        .when(C::Disable { reason: Some(" ".to_owned()) })
        .then([E::ChannelDisabled { phone_number_id, reason: None }]);
}

fn account(kind: ChannelKind, account: &str) -> C {
    let (account, display) = (account.to_owned(), "Torre Alvear".to_owned());
    C::Connect { kind, account, display, name: "Ventas".to_owned() }
}

/// An account of each kind, as it is written and as it is kept.
const ACCOUNTS: [(ChannelKind, &str, &str); 5] = [
    (ChannelKind::MetaPage, " 153125381133 ", "153125381133"),
    (ChannelKind::Twilio, "AC0123abc/+54 9 11 5550-1234", "AC0123abc/+5491155501234"),
    (ChannelKind::ElevenLabs, "agent_01hxyz", "agent_01hxyz"),
    (ChannelKind::Builderbot, "builderbot_whatsapp_main", "builderbot_whatsapp_main"),
    (ChannelKind::Chatwoot, "1/3", "1/3"),
];

#[test]
fn accounts_of_other_providers_are_connected_claimed_and_given_back() {
    for (kind, written, kept) in ACCOUNTS {
        let owner = format!("{TENANT}/{STREAM}");
        let taken = given::<ChannelAccount>([]).when(account(kind, written));
        assert_eq!(taken.summary(), "ChannelAccountConnected", "{kind:?}");
        assert_eq!(taken.claims(), [Claim::take(kind.claim(), kept, &owner).installation_wide()]);
        let state = &taken.case.state;
        assert_eq!((state.kind(), state.account_of(kind)), (Some(kind), Some(kept)));
        assert_eq!(state.phone_number_id(), None, "no WhatsApp number");
        let again = taken.case.when(account(kind, written));
        assert_eq!(again.summary(), "-", "again is no news");
        let freed = again.case.when(disable());
        assert_eq!(freed.summary(), "ChannelAccountDisabled");
        let release = Claim::release(kind.claim(), kept, &owner).installation_wide();
        assert_eq!(freed.claims(), [release]);
    }
}

#[test]
fn what_is_no_account_of_its_kind_is_refused() {
    for (kind, bad) in [
        (ChannelKind::MetaPage, "torre"),
        (ChannelKind::MetaPage, "12"),
        (ChannelKind::Twilio, "AC01"),
        (ChannelKind::Twilio, "SK01/+541155501234"),
        (ChannelKind::Twilio, "AC01/ventas"),
        (ChannelKind::Twilio, "AC 01/+541155501234"),
        (ChannelKind::ElevenLabs, "agent 01"),
        (ChannelKind::ElevenLabs, ""),
        (ChannelKind::Builderbot, "\u{7}"),
        (ChannelKind::Chatwoot, "1"),
        (ChannelKind::Chatwoot, "a/3"),
    ] {
        let refused = given::<ChannelAccount>([]).when(account(kind, bad)).summary();
        assert_eq!(refused, "!INVALID_CHANNEL_ACCOUNT", "{kind:?} {bad:?}");
    }
    let own = given::<ChannelAccount>([]).when(account(ChannelKind::Whatsapp, NUMBER));
    assert_eq!(own.summary(), "!CHANNEL_KIND_HAS_OWN_COMMAND");
    assert_eq!(
        connected().when(account(ChannelKind::MetaPage, "12345")).summary(),
        "!CHANNEL_ALREADY_CONNECTED"
    );
}

#[test]
fn every_kind_has_a_claim_and_a_name_of_its_own() {
    let mut claims: Vec<&str> = ChannelKind::ALL.iter().map(|kind| kind.claim()).collect();
    claims.sort_unstable();
    claims.dedup();
    assert_eq!(claims.len(), ChannelKind::ALL.len());
    for kind in ChannelKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}
