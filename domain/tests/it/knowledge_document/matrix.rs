//! Every state of a document against every command, about what it should be about and about
//! something else.

use std::collections::BTreeSet;

use bitacora_domain::aggregates::knowledge_document::matrix::{Ask, Named, judge, markdown};
use bitacora_domain::aggregates::knowledge_document::{
    DocumentStatus as S, IndexStatus as I, KnowledgeDocument, KnowledgeDocumentCommand as C,
};
use bitacora_domain::law::Verdict;

use super::{
    chunk, embed, fail_chunking, fail_embedding, file, in_review, ingest, page, published, reject,
    revise, tags, upload, written,
};
use crate::support::{Case, check_page, given};

/// Brings the search there, from where version 1 has just been published.
fn take_in(case: Case<KnowledgeDocument>, to: I) -> Case<KnowledgeDocument> {
    match to {
        I::Nothing | I::Waiting => case,
        I::Chunked => case.after(chunk(1, 1)),
        I::Embedded => case.after(chunk(1, 1)).after(embed(1, 1, "uno")),
        I::ChunkingFailed => case.after(fail_chunking(1, 1)),
        I::EmbeddingFailed => case.after(chunk(1, 1)).after(fail_embedding(1, 1)),
    }
}

/// A next version, of which the text is still to come or not.
fn bring(case: Case<KnowledgeDocument>, to: S) -> Case<KnowledgeDocument> {
    let version = case.state.version() + 1;
    let awaiting = |case: Case<KnowledgeDocument>| case.after(C::Revise { draft: file() });
    let reason = "sin texto".to_owned();
    match to {
        S::AwaitingText => awaiting(case),
        S::Failed => awaiting(case).after(C::FailIngestion { version, reason }),
        S::InReview => case.after(revise("Diez días.")),
        S::Rejected => case.after(revise("Diez días.")).after(reject(version)),
        S::Approved => case.after(revise("Diez días.")).after(C::Approve { version }),
        S::Published | S::Retired => case,
    }
}

/// Every state: a latest version with or without an earlier one that is published and in the
/// search, a published one, and all of them retired.
fn states() -> Vec<Case<KnowledgeDocument>> {
    let newer = [S::AwaitingText, S::Failed, S::InReview, S::Rejected, S::Approved];
    let mut all: Vec<_> = newer.map(|status| bring(in_review(), status)).into();
    for index in I::ALL.into_iter().filter(|index| *index != I::Nothing) {
        let live = || take_in(published(), index);
        all.push(live());
        all.extend(newer.map(|status| bring(live(), status)));
    }
    let retired: Vec<_> = all.iter().map(|case| case.clone().after(C::Retire)).collect();
    all.extend(retired);
    all
}

fn sample(ask: Ask, state: &KnowledgeDocument, named: Named) -> C {
    let off = i64::from(named == Named::Other);
    let version = state.version() - off;
    let (live, run) = (state.published().unwrap_or(1), state.run() - off);
    match ask {
        Ask::Upload => upload(written("Treinta días.")),
        Ask::Revise => C::Revise { draft: page() },
        Ask::Classify => C::Classify { category: None, tags: tags(&["otra"]) },
        Ask::Ingest => ingest(version, "Seis meses."),
        Ask::FailIngestion => C::FailIngestion { version, reason: "sin texto".to_owned() },
        Ask::Approve => C::Approve { version },
        Ask::Reject => reject(version),
        Ask::Publish => C::Publish { version },
        Ask::Chunk => chunk(live, run),
        Ask::FailChunking => fail_chunking(live, run),
        Ask::Embed => embed(live, run, "otro"),
        Ask::FailEmbedding => fail_embedding(live, run),
        Ask::Reindex => C::Reindex,
        Ask::Retire => C::Retire,
        Ask::Restore => C::Restore,
    }
}

#[test]
fn every_state_meets_every_command_as_the_table_says() {
    let (mut cells, mut statuses, mut indexes) = (0, BTreeSet::new(), BTreeSet::new());
    for case in states() {
        for &ask in Ask::ALL {
            for named in Named::ALL {
                let command = sample(ask, &case.state, named);
                assert_eq!(Ask::of(&command), ask);
                let at = case.state.standing(&command);
                statuses.insert(format!("{:?}", at.status));
                indexes.insert(format!("{:?}", at.index));
                let here = format!("{ask:?} at {at:?}");
                let result = case.clone().when(command).result;
                match (&result, judge(ask, at)) {
                    (Ok(events), Verdict::Go) => assert_eq!(events.len(), 1, "{here}"),
                    (Ok(events), Verdict::Nothing) => assert_eq!(events, &[], "{here}"),
                    (Err(found), Verdict::Refuse(expected)) => {
                        assert_eq!(*found, expected, "{here}");
                    }
                    (result, said) => panic!("{result:?}, but the table says {said:?}: {here}"),
                }
                cells += 1;
            }
        }
    }
    assert_eq!(cells, 70 * 15 * 2);
    assert_eq!((statuses.len(), indexes.len()), (S::ALL.len(), I::ALL.len()));
    println!("{cells} cells: 70 states × 15 commands × the right version or another");
}

#[test]
fn before_the_upload_there_is_nothing_but_the_upload() {
    let nothing = KnowledgeDocument::default();
    for &ask in Ask::ALL {
        let expected = if ask == Ask::Upload { "DocumentUploaded" } else { "!DOCUMENT_NOT_FOUND" };
        let command = sample(ask, &nothing, Named::Current);
        assert_eq!(given::<KnowledgeDocument>([]).when(command).summary(), expected, "{ask:?}");
    }
}

#[test]
fn the_rendered_table_is_in_the_documentation() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    check_page(&docs.join("KNOWLEDGE_DOCUMENT.md"), &markdown());
}
