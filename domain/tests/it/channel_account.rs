//! Channel account: one number, one account, in the whole installation.

use bitacora_domain::aggregates::channel_account::{
    ChannelAccount, ChannelCommand as C, ChannelEvent as E, ChannelStatus, PHONE_NUMBER_CLAIM,
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
