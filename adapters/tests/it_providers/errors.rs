//! The table of errors, row by row, as wire-formats §1.8 has it. Written out again by hand: a
//! table that is compared with itself proves nothing.

use bitacora_adapters::providers::whatsapp::errors::{TABLE, judge};
use bitacora_commands::ports::FaultClass::{self, *};
use bitacora_commands::ports::Remedy::{self, *};

const SPEC: &[(FaultClass, Remedy, &[i64])] = &[
    (Auth, StopChannel, &[0, 3, 10, 190, 200, 201, 250, 299]),
    (Throttled, Retry, &[4, 80_007, 130_429, 133_016, 131_064]),
    (PairRate, Retry, &[131_056]),
    (Spam, Fail, &[131_048, 131_049, 130_472]),
    (OptedOut, FailAndOptOut, &[131_050]),
    (Integrity, StopChannel, &[368, 131_031, 130_497]),
    (Transient, Retry, &[1, 2, 131_000, 131_016, 131_057]),
    (Request, Fail, &[33, 100, 131_008, 131_009, 131_021, 131_051, 131_052, 131_053, 135_000]),
    (Recipient, Fail, &[131_026, 131_030]),
    (WindowClosed, Fail, &[131_047]),
    (Payment, StopBusinessInitiated, &[131_042, 131_044]),
    (Account, StopChannel, &[131_037, 131_045, 133_000, 133_004, 133_010, 133_015]),
    (
        Template,
        Fail,
        &[132_000, 132_001, 132_005, 132_007, 132_008, 132_012, 132_015, 132_016, 132_068, 132_069],
    ),
    (Calling, Fail, &[138_000, 138_006, 138_999]),
];

#[test]
fn every_row_of_the_specification_is_in_the_table() {
    for (class, remedy, codes) in SPEC {
        for code in *codes {
            assert_eq!(judge(*code, false), (*class, *remedy), "{code}");
        }
    }
}

#[test]
fn neighbours_of_the_codes_are_not_in_the_table() {
    for code in [5, 9, 11, 34, 99, 101, 189, 191, 300, 367, 369, 80_006, 130_430, 130_498] {
        assert_eq!(judge(code, false), (Unlisted, Fail), "{code}");
    }
    for code in [131_001, 131_010, 131_027, 131_046, 131_058, 132_002, 133_017, 139_000, -1] {
        assert_eq!(judge(code, false), (Unlisted, Fail), "{code}");
    }
}

#[test]
fn no_code_is_in_two_rows() {
    for (n, row) in TABLE.iter().enumerate() {
        for other in &TABLE[n + 1..] {
            let apart =
                row.codes.end() < other.codes.start() || other.codes.end() < row.codes.start();
            assert!(apart, "{:?} and {:?}", row.codes, other.codes);
        }
    }
}

#[test]
fn what_the_provider_calls_passing_is_tried_again_unless_it_stops_more_than_the_message() {
    for row in TABLE {
        let passing = judge(*row.codes.start(), true);
        let expected =
            if row.remedy == Fail { (Transient, Retry) } else { (row.class, row.remedy) };
        assert_eq!(passing, expected, "{:?}", row.codes);
    }
    assert_eq!(judge(424_242, true), (Transient, Retry), "a 5xx with a code that nobody lists");
}
