//! Random commands, answered by the ledger and by a naive one that shares no code with it
//! (`tests/model/`). The torture plays a million of them.

use crate::model::play;
use bitacora_domain::DomainAggregate;
use bitacora_domain::aggregates::credit_ledger::CreditLedger;

/// Unless `MODEL_COMMANDS` says otherwise.
const COMMANDS: u64 = 20_000;

#[test]
fn ledger_and_model_agree_on_thousands_of_random_commands() {
    let wanted = std::env::var("MODEL_COMMANDS").ok().and_then(|text| text.parse().ok());
    let commands = wanted.unwrap_or(COMMANDS);
    let report = play(1, commands).unwrap_or_else(|difference| panic!("{difference}"));
    println!("{report:#?}");
    assert_eq!(report.commands, commands);
    assert!(report.accepted * 2 >= commands, "{} accepted", report.accepted);
    assert!(report.changed * 2 >= commands, "{} changed something", report.changed);
    for name in CreditLedger::EVENT_TYPES {
        // A thousand in a million.
        let often = report.events.get(*name).copied().unwrap_or_default();
        assert!(often >= commands / 1_000, "{name}: {often}");
    }
}
