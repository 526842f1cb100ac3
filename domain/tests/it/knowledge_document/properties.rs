//! What holds whatever comes, in whatever order, seen by the events alone.

use std::collections::{BTreeMap, BTreeSet};

use bitacora_domain::aggregates::knowledge_document::matrix::Ask;
use bitacora_domain::aggregates::knowledge_document::{
    DocumentStep, KnowledgeDocument, KnowledgeDocumentCommand as C, KnowledgeDocumentEvent as E,
};
use bitacora_domain::{DomainAggregate, Meter};
use cqrs_es::DomainEvent;
use proptest::prelude::*;

use super::{
    chunk, embed, fail_chunking, fail_embedding, file, in_review, ingest, reject, revise, tags,
    upload, written,
};

/// A command, whether its version and run are the right ones, and some choice of its own.
type Step = (Ask, bool, u8);

fn steps() -> impl Strategy<Value = Step> {
    use Ask::{
        Approve, Chunk, Classify, Embed, FailChunking, FailEmbedding, FailIngestion, Ingest,
        Publish, Reindex, Reject, Restore, Retire, Revise, Upload,
    };
    let often = prop::sample::select(vec![Revise, Ingest, Approve, Publish, Chunk, Embed]);
    let seldom = prop::sample::select(vec![
        Upload,
        Classify,
        FailIngestion,
        Reject,
        FailChunking,
        FailEmbedding,
        Reindex,
        Retire,
        Restore,
    ]);
    (prop_oneof![3 => often, 1 => seldom], prop::bool::weighted(0.8), 0..6u8)
}

/// The command as it is in this state.
fn command((ask, right, choice): Step, state: &KnowledgeDocument) -> C {
    let off = i64::from(!right) * (i64::from(choice) - 3);
    let version = state.version() + off;
    let (live, run) = (state.published().unwrap_or(1), state.run() + off);
    let reason = || "x".to_owned();
    match ask {
        Ask::Upload => upload(written("Treinta días.")),
        Ask::Revise if choice == 0 => C::Revise { draft: file() },
        Ask::Revise => revise(&format!("Texto {choice}")),
        Ask::Classify => C::Classify { category: Some(choice.to_string()), tags: tags(&[]) },
        Ask::Ingest => ingest(version, "Seis meses."),
        Ask::FailIngestion => C::FailIngestion { version, reason: reason() },
        Ask::Approve => C::Approve { version },
        Ask::Reject => reject(version),
        Ask::Publish => C::Publish { version },
        Ask::Chunk => chunk(live, run),
        Ask::FailChunking => fail_chunking(live, run),
        Ask::Embed => embed(live, run, "uno"),
        Ask::FailEmbedding => fail_embedding(live, run),
        Ask::Reindex => C::Reindex,
        Ask::Retire => C::Retire,
        Ask::Restore => C::Restore,
    }
}

/// Reads events as the read side and the search do.
#[derive(Default)]
struct Observer {
    version: i64,
    has_text: BTreeSet<i64>,
    approved: BTreeSet<i64>,
    published: Option<i64>,
    run: i64,
    /// Which version each run is about.
    runs: BTreeMap<i64, i64>,
    chunked: BTreeSet<i64>,
    places: i64,
}

impl Observer {
    fn see(&mut self, event: &E) {
        match event {
            E::DocumentUploaded { draft, .. } => self.hands_in(1, draft.body.is_some()),
            E::DocumentRevised { version, draft } => self.hands_in(*version, draft.body.is_some()),
            E::DocumentClassified { .. } | E::DocumentRestored { .. } => {}
            E::DocumentIngested { version, .. } => {
                assert!(self.has_text.insert(*version), "a second text");
            }
            E::DocumentApproved { version } => {
                assert!(self.has_text.contains(version), "nobody can have read it");
                assert!(self.approved.insert(*version), "approved twice");
            }
            E::DocumentRejected { version, .. } => {
                assert_ne!(Some(*version), self.published, "it is read by everybody");
                self.approved.remove(version);
            }
            E::DocumentPublished { version, run, replaces } => {
                assert!(self.approved.contains(version), "nobody approved version {version}");
                assert_eq!(*replaces, self.published);
                assert!(Some(*version) > self.published, "an earlier version came back");
                self.published = Some(*version);
                self.begins(*run, *version);
            }
            E::DocumentReindexRequested { version, run } => {
                assert_eq!(Some(*version), self.published);
                self.begins(*run, *version);
            }
            E::DocumentChunked { version, run, .. } => {
                self.is_of_the_run(*version, *run);
                assert!(self.chunked.insert(*run), "cut twice in a run");
            }
            E::DocumentEmbedded { version, run, .. } => {
                self.is_of_the_run(*version, *run);
                assert!(self.chunked.contains(run), "vectors of nothing");
            }
            E::DocumentFailed { version, step: DocumentStep::Ingestion, run, .. } => {
                assert!(run.is_none() && !self.has_text.contains(version));
            }
            E::DocumentFailed { version, run, .. } => {
                self.is_of_the_run(*version, run.unwrap());
            }
            E::DocumentRetired { published } => {
                assert_eq!(*published, self.published);
                self.published = None;
            }
        }
    }

    fn hands_in(&mut self, version: i64, has_text: bool) {
        assert_eq!(version, self.version + 1, "versions grow by one");
        self.version = version;
        if has_text {
            self.has_text.insert(version);
        }
    }

    fn begins(&mut self, run: i64, version: i64) {
        assert_eq!(run, self.run + 1, "runs grow by one");
        self.run = run;
        self.runs.insert(run, version);
    }

    /// Nothing that is not published, and nothing late, is said to be in the search.
    fn is_of_the_run(&self, version: i64, run: i64) {
        assert_eq!((Some(version), run), (self.published, self.run));
        assert_eq!(self.runs.get(&run), Some(&version));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_what_was_approved_is_published_and_only_that_is_in_the_search(
        steps in prop::collection::vec(steps(), 1..80),
    ) {
        let mut case = in_review();
        let mut observer = Observer { places: 1, ..Observer::default() };
        observer.hands_in(1, true);
        for step in steps {
            let step = command(step, &case.state);
            let outcome = case.when(step);
            for event in outcome.result.iter().flatten() {
                observer.see(event);
                for tally in outcome.case.state.tallies(event) {
                    prop_assert_eq!(tally.meter, Meter::Documents);
                    observer.places += tally.by;
                }
            }
            prop_assert!((0..=1).contains(&observer.places), "a document has one place");
            let state = &outcome.case.state;
            prop_assert_eq!(
                (state.version(), state.published(), state.run()),
                (observer.version, observer.published, observer.run)
            );
            case = outcome.case;
        }
    }
}

/// The random commands above do reach what they are to show.
#[test]
fn random_commands_reach_every_event() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let steps = prop::collection::vec(steps(), 80);
    let mut seen = BTreeMap::new();
    for _ in 0..200 {
        let mut case = in_review();
        for step in steps.new_tree(&mut runner).unwrap().current() {
            let step = command(step, &case.state);
            let outcome = case.when(step);
            for event in outcome.result.iter().flatten() {
                *seen.entry(event.event_type()).or_insert(0) += 1;
            }
            case = outcome.case;
        }
    }
    // All but the upload, which came first.
    assert_eq!(seen.len(), KnowledgeDocument::EVENT_TYPES.len() - 1, "{seen:?}");
    assert!(seen.values().all(|count| *count >= 50), "{seen:?}");
}
