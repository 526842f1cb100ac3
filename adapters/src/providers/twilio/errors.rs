//! Error codes of Twilio (wire-formats §5.5) as data: what kind of trouble each is, and what is
//! to be done about it.

use std::ops::RangeInclusive;

use bitacora_commands::ports::{FaultClass, Remedy};

/// "Call is not in-progress": whoever wants to end or redirect it comes too late.
pub const NOT_IN_PROGRESS: i64 = 21_220;
/// "Not found".
pub const NOT_FOUND: i64 = 20_404;

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
    Auth, StopChannel: 20_003..=20_004, 20_006..=20_008;
    Integrity, StopChannel: 20_005..=20_005, 10_001..=10_002;
    Throttled, Retry: 20_429..=20_429, 10_004..=10_004;
    Transient, Retry: 20_500..=20_503;
    Request, Fail: 20_001..=20_001, 20_404..=20_404, 21_201..=21_209, 21_218..=21_218, 21_220..=21_220;
    Recipient, Fail: 13_223..=13_224, 21_211..=21_211, 21_214..=21_214, 21_216..=21_217, 21_219..=21_219;
    Calling, Fail: 13_227..=13_227, 21_215..=21_215;
    Account, StopChannel: 21_210..=21_210, 21_212..=21_213;
}

/// Class and remedy of a code; of those that are in no table, that nothing is to be done.
pub fn judge(code: i64) -> (FaultClass, Remedy) {
    let row = TABLE.iter().find(|row| row.codes.contains(&code));
    row.map_or((FaultClass::Unlisted, Remedy::Fail), |row| (row.class, row.remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_is_in_the_table_twice() {
        for (n, row) in TABLE.iter().enumerate() {
            for code in row.codes.clone() {
                let others = TABLE.iter().enumerate();
                let twice = others.filter(|(m, other)| *m != n && other.codes.contains(&code));
                assert_eq!(twice.count(), 0, "{code}");
            }
        }
    }

    #[test]
    fn the_frequent_codes_are_known() {
        let expected = [
            (20_003, FaultClass::Auth, Remedy::StopChannel),
            (20_429, FaultClass::Throttled, Remedy::Retry),
            (21_211, FaultClass::Recipient, Remedy::Fail),
            (21_214, FaultClass::Recipient, Remedy::Fail),
            (21_215, FaultClass::Calling, Remedy::Fail),
            (21_217, FaultClass::Recipient, Remedy::Fail),
            (21_219, FaultClass::Recipient, Remedy::Fail),
            (13_224, FaultClass::Recipient, Remedy::Fail),
            (99_999, FaultClass::Unlisted, Remedy::Fail),
        ];
        for (code, class, remedy) in expected {
            assert_eq!(judge(code), (class, remedy), "{code}");
        }
    }
}
