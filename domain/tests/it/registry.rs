//! The registry is complete.

use std::fs;
use std::path::Path;

use bitacora_domain::aggregates::{TYPES, dispatch, visit_all};
use bitacora_domain::{AggregateVisitor, DomainAggregate};

#[derive(Clone)]
struct Names;

impl AggregateVisitor for Names {
    type Output = (&'static str, &'static [&'static str]);
    fn visit<A: DomainAggregate>(self) -> Self::Output {
        (A::TYPE, A::EVENT_TYPES)
    }
}

#[test]
fn every_folder_of_an_aggregate_is_registered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/aggregates");
    let mut folders: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "mod.rs")
        .map(|name| name.trim_end_matches(".rs").to_owned())
        .collect();
    folders.sort();
    assert_eq!(folders, TYPES);
}

#[test]
fn a_type_is_dispatched_to_its_aggregate_and_an_unknown_one_to_none() {
    for name in TYPES {
        assert_eq!(dispatch(name, Names).map(|found| found.0), Some(*name));
    }
    assert_eq!(dispatch("conversations", Names), None);
    assert_eq!(visit_all(&Names).into_iter().map(|found| found.0).collect::<Vec<_>>(), TYPES);
}

#[test]
fn names_of_events_are_unique_across_aggregates() {
    let mut names: Vec<_> = visit_all(&Names).into_iter().flat_map(|found| found.1).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}
