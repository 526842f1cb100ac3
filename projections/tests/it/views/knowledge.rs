//! `knowledge_documents`, `knowledge_versions` and the documents in `usage`, compared with the
//! aggregate: whatever is done to a document, the read side shows what the document itself says.

use std::collections::BTreeSet;

use bitacora_domain::aggregates::knowledge_document::{
    DocumentSource, DocumentStatus, Draft, KnowledgeDocument, KnowledgeDocumentCommand as C,
};
use bitacora_domain::{Actor, ActorKind, CommandId, Directed, DomainAggregate as _, Meter};
use bitacora_projections::value::Cell;
use bitacora_projections::views::{knowledge_versions, usage};
use bitacora_projections::{Key, views};
use cqrs_es::Aggregate as _;
use proptest::collection::vec;
use proptest::prelude::*;
use serde::Serialize;

use super::{Story, id, show};
use crate::support::{at, tenant};

const DOCUMENT: u128 = 80;

/// A document with its log.
struct Desk {
    story: Story,
    document: KnowledgeDocument,
    given: u128,
}

fn draft(body: Option<&str>) -> Draft {
    let source = DocumentSource::Web { url: "https://example.test/a".to_owned() };
    let (title, language) = ("Cambios".to_owned(), "es".to_owned());
    Draft { title, language, source, body: body.map(str::to_owned) }
}

impl Desk {
    fn new() -> Self {
        let mut desk =
            Self { story: Story::new(), document: KnowledgeDocument::default(), given: 0 };
        let tags = BTreeSet::from(["cambios".to_owned()]);
        desk.gives(C::Upload { draft: draft(Some("uno")), category: None, tags });
        desk
    }

    /// A command; what the document refuses, it refuses.
    fn gives(&mut self, body: C) {
        self.given += 1;
        let of = Directed {
            tenant: tenant(0),
            aggregate_id: id(DOCUMENT).to_string(),
            command_id: CommandId::new(id(0xC0_0000 + self.given)),
            actor: Actor::new(ActorKind::User, "ana"),
            now: at(1_000),
            body: (),
        };
        for event in self.document.decide(&of, body).into_iter().flatten() {
            self.document.apply(event.clone());
            self.story.append((KnowledgeDocument::TYPE, id(DOCUMENT)), &event);
        }
    }

    async fn row(&self, columns: &[&str]) -> Vec<String> {
        self.story.row("knowledge_documents", id(DOCUMENT), columns).await
    }

    async fn version(&self, number: i64, columns: &[&str]) -> Vec<String> {
        let key = knowledge_versions::id(id(DOCUMENT), number);
        self.story.row("knowledge_versions", key, columns).await
    }

    /// Documents that count against the plan.
    async fn used(&self) -> String {
        self.story.row("usage", id(0), &[]).await;
        let table = views::find("usage").unwrap().table();
        let rows = self.story.0.store.rows(table);
        let Key(key) = usage::key(Meter::Documents, at(0));
        let row = rows.get(&(tenant(0), Key(key)));
        row.map_or("-".to_owned(), |row| show(&row.row.0[table.index_of("used").unwrap()]))
    }

    /// The read side against the document itself.
    async fn agrees(&self) -> Result<(), TestCaseError> {
        let document = &self.document;
        let published = document.published().map_or(Cell::Null, Cell::Int);
        let columns = ["status", "latest_version", "published_version", "index_status"];
        let expected = [
            code(document.status()),
            document.version().to_string(),
            show(&published),
            code(document.index()),
        ];
        prop_assert_eq!(self.row(&columns).await, expected);
        for number in 1..=document.version() {
            let is_live = Some(number) == document.published();
            let row = self.version(number, &["status", "withdrawn_at"]).await;
            prop_assert_eq!(row[0] == "PUBLISHED", is_live, "version {}", number);
            prop_assert!(!is_live || row[1] == "-");
        }
        let places = if document.status() == DocumentStatus::Retired { "0" } else { "1" };
        prop_assert_eq!(self.used().await, places);
        Ok(())
    }
}

/// The stable text of a value of an enum.
fn code(value: impl Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

/// The `n`-th kind of command as it is in this state, mostly about the right version and run.
fn command((n, right): (u8, bool), state: &KnowledgeDocument) -> C {
    let off = i64::from(!right);
    let version = state.version() - off;
    let (live, run) = (state.published().unwrap_or(1), state.run() - off);
    let reason = "x".to_owned();
    match n {
        0..=2 => C::Revise { draft: draft(Some(&n.to_string())) },
        3 => C::Revise { draft: draft(None) },
        4 | 5 => C::Ingest { version, body: "texto".to_owned() },
        6 => C::FailIngestion { version, reason },
        7..=10 => C::Approve { version },
        11 => C::Reject { version, reason },
        12..=15 => C::Publish { version },
        16 | 17 => C::Chunk { version: live, run, scheme: "lex_v1".to_owned(), chunks: 3 },
        18 => C::Embed { version: live, run, model: "uno".to_owned(), dim: 8 },
        19 => C::FailEmbedding { version: live, run, reason },
        20 => C::Reindex,
        21 => C::Retire,
        _ => C::Restore,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_read_side_shows_what_the_document_says(
        steps in vec((0..24u8, prop::bool::weighted(0.8)), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut desk = Desk::new();
            for step in steps {
                desk.gives(command(step, &desk.document));
                desk.agrees().await?;
            }
            Ok::<(), TestCaseError>(())
        })?;
    }
}

#[tokio::test]
async fn a_version_keeps_what_was_said_of_it() {
    let mut desk = Desk::new();
    desk.gives(C::Reject { version: 1, reason: "Falta el plazo".to_owned() });
    let columns = ["status", "reason", "judged_by", "body", "source", "source_name", "written_by"];
    let who = "provider:whatsapp";
    let expected = ["REJECTED", "Falta el plazo", who, "uno", "WEB", "https://example.test/a", who];
    assert_eq!(desk.version(1, &columns).await, expected);
    desk.gives(C::Revise { draft: draft(Some("dos")) });
    let row = desk.row(&["body", "reason", "approved_by", "tags", "category"]).await;
    assert_eq!(row, ["dos", "-", "-", r#"["cambios"]"#, "-"]);
    desk.gives(C::Approve { version: 2 });
    desk.gives(C::Publish { version: 2 });
    let row = desk.row(&["approved_by", "status", "index_run"]).await;
    assert_eq!(row, [who, "PUBLISHED", "1"]);
    assert_eq!(desk.version(1, &["status", "body"]).await, ["REJECTED", "uno"]);
    desk.gives(C::Revise { draft: draft(None) });
    assert_eq!(desk.row(&["body", "status", "approved_by"]).await, ["-", "AWAITING_TEXT", "-"]);
    assert_eq!(desk.version(2, &["status", "body"]).await, ["PUBLISHED", "dos"]);
}
