//! Which decision answers which command of a knowledge document, and what counts.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

use super::commands::KnowledgeDocumentCommand as C;
use super::decide::upload;
use super::events::KnowledgeDocumentEvent as E;
use super::matrix::{self, Ask, Named, Standing};
use super::refusal::KnowledgeDocumentRefusal;
use super::state::KnowledgeDocument;
use crate::law::Verdict;
use crate::{Directed, DomainAggregate, Meter, Tally};

pub(super) type Decision = Result<Vec<E>, KnowledgeDocumentRefusal>;

impl Aggregate for KnowledgeDocument {
    const TYPE: &'static str = "knowledge_document";
    type Command = Directed<C>;
    type Event = E;
    type Error = KnowledgeDocumentRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        crate::aggregate::handle(self, command, sink).await
    }

    fn apply(&mut self, event: Self::Event) {
        self.follow(event);
    }
}

impl KnowledgeDocument {
    /// Where it stands for this command.
    pub fn standing(&self, command: &C) -> Standing {
        let current = match command {
            C::Ingest { version, .. }
            | C::FailIngestion { version, .. }
            | C::Approve { version }
            | C::Reject { version, .. }
            | C::Publish { version } => *version == self.version,
            C::Chunk { version, run, .. }
            | C::FailChunking { version, run, .. }
            | C::Embed { version, run, .. }
            | C::FailEmbedding { version, run, .. } => {
                (Some(*version), *run) == (self.published, self.indexing.run)
            }
            C::Upload { .. }
            | C::Revise { .. }
            | C::Classify { .. }
            | C::Reindex
            | C::Retire
            | C::Restore => true,
        };
        let named = if current { Named::Current } else { Named::Other };
        Standing { named, status: self.status(), index: self.indexing.status }
    }
}

impl DomainAggregate for KnowledgeDocument {
    type Body = C;
    type Refusal = KnowledgeDocumentRefusal;
    const EVENT_TYPES: &'static [&'static str] = &[
        "DocumentUploaded",
        "DocumentRevised",
        "DocumentClassified",
        "DocumentIngested",
        "DocumentApproved",
        "DocumentRejected",
        "DocumentPublished",
        "DocumentChunked",
        "DocumentEmbedded",
        "DocumentFailed",
        "DocumentReindexRequested",
        "DocumentRetired",
        "DocumentRestored",
    ];
    const STATE_SCHEMA: u32 = 1;

    fn decide(&self, of: &Directed<()>, body: C) -> Decision {
        let Some(known) = &self.uploaded else { return upload(of, body) };
        if matches!(body, C::Upload { .. }) {
            return Self::check_again(known, upload(of, body)?);
        }
        match matrix::judge(Ask::of(&body), self.standing(&body)) {
            Verdict::Go => self.go(known, body),
            Verdict::Nothing => Ok(vec![]),
            Verdict::Refuse(refusal) => Err(refusal),
        }
    }

    /// A document has a place in the plan while it is not retired (CHATI-11).
    fn tallies(&self, event: &E) -> Vec<Tally> {
        match event {
            E::DocumentUploaded { .. } | E::DocumentRestored { .. } => {
                vec![Tally::one(Meter::Documents)]
            }
            E::DocumentRetired { .. } => vec![Tally::give_back(Meter::Documents)],
            E::DocumentRevised { .. }
            | E::DocumentClassified { .. }
            | E::DocumentIngested { .. }
            | E::DocumentApproved { .. }
            | E::DocumentRejected { .. }
            | E::DocumentPublished { .. }
            | E::DocumentChunked { .. }
            | E::DocumentEmbedded { .. }
            | E::DocumentFailed { .. }
            | E::DocumentReindexRequested { .. } => Vec::new(),
        }
    }
}
