//! What was once written must be readable for ever: a golden file per shape of event, and one
//! per state. `BLESS=1` writes missing and changed files; a changed file of an event that was
//! released means that an upcaster is needed instead.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bitacora_domain::recorded::decode_payload;
use cqrs_es::DomainEvent;
use serde_json::Value;

use crate::support::samples::Sampled;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Compares with the golden file, or writes it when blessed. Returns the file's content.
#[track_caller]
fn compare(path: &Path, today: &Value, advice: &str) -> Value {
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("{}\n", serde_json::to_string_pretty(today).unwrap())).unwrap();
    }
    let name = path.file_name().unwrap().display().to_string();
    let text = fs::read_to_string(path).unwrap_or_else(|_| panic!("{name} is missing: BLESS=1"));
    let golden: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(*today, golden, "{name}: {advice}");
    golden
}

fn check_events<A: Sampled>()
where
    A::Event: PartialEq,
{
    let folder = folder().join(A::TYPE);
    let mut expected_files = BTreeSet::new();
    let mut types = BTreeSet::new();
    for (shape, event) in A::samples() {
        let (name, version) = (event.event_type(), event.event_version());
        let shape = shape.map(|shape| format!(".{shape}")).unwrap_or_default();
        let file = format!("{name}.v{version}{shape}.json");
        let today = serde_json::to_value(&event).unwrap();
        let advice = "the shape changed: raise the version and write an upcaster";
        let golden = compare(&folder.join(&file), &today, advice);
        assert_eq!(decode_payload::<A>(&name, &version, golden).unwrap(), event, "{file}");
        types.insert(name);
        assert!(expected_files.insert(file), "two samples of one shape");
    }
    let listed: BTreeSet<_> = A::EVENT_TYPES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(listed, types, "EVENT_TYPES and the samples differ");
    check_old_files::<A>(&folder, &expected_files);
}

/// Files of earlier versions stay, and can still be read.
fn check_old_files<A: Sampled>(folder: &Path, current: &BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        if current.contains(&file) || file.starts_with("state.") {
            continue;
        }
        let (name, rest) = file.split_once(".v").expect("<EventType>.v<version>…json");
        let version = rest.split('.').next().unwrap();
        let payload = serde_json::from_str(&fs::read_to_string(folder.join(&file)).unwrap());
        decode_payload::<A>(name, version, payload.unwrap()).unwrap();
    }
}

fn check_state<A: Sampled>() {
    let state = A::full_state();
    let path = folder().join(A::TYPE).join(format!("state.v{}.json", A::STATE_SCHEMA));
    let today = serde_json::to_value(&state).unwrap();
    let golden = compare(&path, &today, "the state's shape changed: raise STATE_SCHEMA");
    assert_eq!(serde_json::from_value::<A>(golden).unwrap(), state);
}

/// Declares both tests for every aggregate, and checks that none is missing.
macro_rules! golden {
    ($($module:ident::$name:ident),+ $(,)?) => {
        $(mod $module {
            use bitacora_domain::aggregates::$module::$name;
            #[test]
            fn every_event_is_written_and_read_as_ever() { super::check_events::<$name>(); }
            #[test]
            fn the_state_is_the_one_of_its_schema_version() { super::check_state::<$name>(); }
        })+
        #[test]
        fn every_aggregate_has_golden_files() {
            let checked = [$(stringify!($module)),+];
            assert_eq!(checked.as_slice(), bitacora_domain::aggregates::TYPES);
        }
    };
}

golden! {
    api_key::ApiKey,
    billing_order::BillingOrder,
    call_session::CallSession,
    channel_account::ChannelAccount,
    contact::Contact,
    conversation::Conversation,
    credit_ledger::CreditLedger,
    delivery::Delivery,
    knowledge_document::KnowledgeDocument,
    lead::Lead,
    membership::Membership,
    offer::Offer,
    tenant::Tenant,
    ticket::Ticket,
    user::User,
}
