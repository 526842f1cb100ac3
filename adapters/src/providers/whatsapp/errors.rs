//! Error codes of the Cloud API (wire-formats §1.8) as data: what kind of trouble each is, and
//! what is to be done about it.

use std::ops::RangeInclusive;

use bitacora_commands::ports::{FaultClass, Remedy};

/// Codes with the same meaning.
#[derive(Clone, Debug)]
pub struct Row {
    /// The codes.
    pub codes: RangeInclusive<i64>,
    /// What kind of trouble.
    pub class: FaultClass,
    /// What is to be done.
    pub remedy: Remedy,
}

macro_rules! table {
    ($($class:ident, $remedy:ident: $($codes:expr),+;)+) => {
        /// The table. No code is in it twice.
        pub const TABLE: &[Row] = &[$($(Row {
            codes: $codes, class: FaultClass::$class, remedy: Remedy::$remedy,
        }),+),+];
    };
}

table! {
    Auth, StopChannel: 0..=0, 3..=3, 10..=10, 190..=190, 200..=299;
    Throttled, Retry: 4..=4, 80_007..=80_007, 130_429..=130_429, 131_064..=131_064, 133_016..=133_016;
    PairRate, Retry: 131_056..=131_056;
    Spam, Fail: 131_048..=131_049, 130_472..=130_472;
    OptedOut, FailAndOptOut: 131_050..=131_050;
    Integrity, StopChannel: 368..=368, 131_031..=131_031, 130_497..=130_497;
    Transient, Retry: 1..=2, 131_000..=131_000, 131_016..=131_016, 131_057..=131_057;
    Request, Fail: 33..=33, 100..=100, 131_008..=131_009, 131_021..=131_021, 131_051..=131_053, 135_000..=135_000;
    Recipient, Fail: 131_026..=131_026, 131_030..=131_030;
    WindowClosed, Fail: 131_047..=131_047;
    Payment, StopBusinessInitiated: 131_042..=131_042, 131_044..=131_044;
    Account, StopChannel: 131_037..=131_037, 131_045..=131_045, 133_000..=133_015;
    Template, Fail: 132_000..=132_001, 132_005..=132_005, 132_007..=132_008, 132_012..=132_012, 132_015..=132_016, 132_068..=132_069;
    Calling, Fail: 138_000..=138_999;
}

/// Class and remedy of a code. `transient` is what the provider itself said of it, or that the
/// answer was a 5xx: that turns what would be a failure into another attempt, and stops nothing
/// that stops an account.
pub fn judge(code: i64, transient: bool) -> (FaultClass, Remedy) {
    let row = TABLE.iter().find(|row| row.codes.contains(&code));
    let (class, remedy) =
        row.map_or((FaultClass::Unlisted, Remedy::Fail), |row| (row.class, row.remedy));
    match remedy {
        Remedy::Fail if transient => (FaultClass::Transient, Remedy::Retry),
        Remedy::Fail
        | Remedy::Retry
        | Remedy::StopChannel
        | Remedy::StopBusinessInitiated
        | Remedy::FailAndOptOut => (class, remedy),
    }
}
