//! What the table does not say.

use bitacora_domain::aggregates::knowledge_document::{
    DocumentSource, DocumentStatus, Draft, FileFormat, IndexStatus, KnowledgeDocument,
    KnowledgeDocumentCommand as C, KnowledgeDocumentEvent as E,
};
use bitacora_domain::{DomainAggregate, Meter, Tally};

use super::{
    DOCUMENT, chunk, embed, fail_embedding, file, in_review, ingest, page, published, revise, tags,
    upload, written,
};
use crate::support::{Outcome, given};

#[test]
fn a_revision_leaves_what_is_published_until_it_is_published_itself() {
    let revised = published().after(revise("Diez días."));
    let standing = |case: &KnowledgeDocument| (case.status(), case.version(), case.published());
    assert_eq!(standing(&revised.state), (DocumentStatus::InReview, 2, Some(1)));
    let refused = revised.when(C::Publish { version: 2 }).then_refused("DOCUMENT_NOT_APPROVED");
    let approved = refused.after(C::Approve { version: 2 });
    assert_eq!(standing(&approved.state), (DocumentStatus::Approved, 2, Some(1)));
    // Nobody goes back to a version that was replaced.
    let approved = approved.when(C::Publish { version: 1 }).then_refused("VERSION_SUPERSEDED");
    let published = approved.when(C::Publish { version: 2 }).then([E::DocumentPublished {
        version: 2,
        run: 2,
        replaces: Some(1),
    }]);
    assert_eq!(standing(&published.state), (DocumentStatus::Published, 2, Some(2)));
}

#[test]
fn who_judges_says_which_version_was_read() {
    let revised = in_review().after(revise("Diez días."));
    let refused = revised.when(C::Approve { version: 1 }).then_refused("VERSION_SUPERSEDED");
    let refused = refused.when(super::reject(3)).then_refused("VERSION_SUPERSEDED");
    refused.when(C::Approve { version: 2 }).then([E::DocumentApproved { version: 2 }]);
}

#[test]
fn a_reviewer_may_think_again_until_it_is_published() {
    let rejected = in_review().after(super::reject(1));
    assert_eq!(rejected.state.status(), DocumentStatus::Rejected);
    let approved = rejected.after(C::Approve { version: 1 });
    let again = approved.after(super::reject(1)).after(C::Approve { version: 1 });
    again.after(C::Publish { version: 1 }).when(super::reject(1)).then_refused("VERSION_PUBLISHED");
}

#[test]
fn what_is_written_here_has_a_text_and_a_source_may_give_it_later() {
    let empty = Draft { body: None, ..written("") };
    given::<KnowledgeDocument>([]).when(upload(empty)).then_refused("INVALID_BODY");
    let case = given::<KnowledgeDocument>([]).after(upload(file()));
    assert_eq!(case.state.status(), DocumentStatus::AwaitingText);
    let case = case.when(C::Approve { version: 1 }).then_refused("DOCUMENT_HAS_NO_TEXT");
    let case = case.when(ingest(1, " \n ")).then_refused("INVALID_BODY");
    let failed = case.after(C::FailIngestion { version: 1, reason: "cifrado".to_owned() });
    assert_eq!(failed.state.status(), DocumentStatus::Failed);
    let ingested = failed.after(ingest(1, "Seis meses."));
    assert_eq!(ingested.state.status(), DocumentStatus::InReview);
    let ingested = ingested.when(ingest(1, "Otra cosa.")).then_refused("DOCUMENT_HAS_TEXT");
    // The same source again is a new version: its text may be another one by now.
    let again = ingested.after(C::Revise { draft: file() });
    assert_eq!((again.state.version(), again.state.status()), (2, DocumentStatus::AwaitingText));
    again.when(C::Revise { draft: file() }).then_nothing();
}

#[test]
fn what_is_so_already_is_no_event() {
    let case = in_review().when(revise(" Treinta días. ")).then_nothing();
    let same = C::Classify { category: Some(" Ventas ".to_owned()), tags: tags(&["CAMBIOS"]) };
    let case = case.when(same).then_nothing();
    let case = case.when(upload(written("Treinta días."))).then_nothing();
    let case = case.when(upload(written("Diez días."))).then_refused("DOCUMENT_ALREADY_UPLOADED");
    // However it was revised since.
    let revised =
        case.after(revise("Diez días.")).after(C::Classify { category: None, tags: tags(&[]) });
    revised.when(upload(written("Treinta días."))).then_nothing();
}

#[test]
fn a_shelf_is_no_version_and_needs_no_approval() {
    let moved = published().when(C::Classify { category: None, tags: tags(&[" Envíos "]) });
    let case = moved.then([E::DocumentClassified { category: None, tags: tags(&["envíos"]) }]);
    assert_eq!((case.state.status(), case.state.version()), (DocumentStatus::Published, 1));
}

#[test]
fn what_comes_back_is_not_published() {
    let retired = published().after(chunk(1, 1)).when(C::Retire);
    let case = retired.then([E::DocumentRetired { published: Some(1) }]);
    assert_eq!((case.state.published(), case.state.index()), (None, IndexStatus::Nothing));
    let case = case.when(C::Publish { version: 1 }).then_refused("DOCUMENT_RETIRED");
    let case = case.when(embed(1, 1, "uno")).then_nothing();
    let status = DocumentStatus::Approved;
    let back = case.when(C::Restore).then([E::DocumentRestored { version: 1, status }]);
    assert_eq!((back.state.published(), back.state.status()), (None, status));
    let again = back.when(C::Publish { version: 1 });
    again.then([E::DocumentPublished { version: 1, run: 2, replaces: None }]);
}

fn tallies(outcome: &Outcome<KnowledgeDocument>) -> Vec<Tally> {
    let events = outcome.result.as_ref().unwrap();
    events.iter().flat_map(|event| outcome.case.state.tallies(event)).collect()
}

#[test]
fn a_document_has_a_place_in_the_plan_while_it_is_not_retired() {
    let uploaded = given::<KnowledgeDocument>([]).when(upload(file()));
    assert_eq!(tallies(&uploaded), [Tally::one(Meter::Documents)]);
    let revised = uploaded.case.when(revise("Diez días."));
    assert_eq!(tallies(&revised), []);
    let retired = revised.case.when(C::Retire);
    assert_eq!(tallies(&retired), [Tally::give_back(Meter::Documents)]);
    let again = retired.case.when(C::Retire);
    assert_eq!(tallies(&again), []);
    let restored = again.case.when(C::Restore);
    assert_eq!(tallies(&restored), [Tally::one(Meter::Documents)]);
}

#[test]
fn facts_of_another_run_of_the_search_come_too_late() {
    let chunked = published().after(chunk(1, 1));
    let again = chunked.when(C::Reindex);
    let again = again.then([E::DocumentReindexRequested { version: 1, run: 2 }]);
    assert_eq!(again.state.index(), IndexStatus::Waiting);
    let late = again.when(embed(1, 1, "uno")).then_nothing();
    let late = late.when(embed(1, 2, "uno")).then_refused("DOCUMENT_NOT_CHUNKED");
    let embedded = late.after(chunk(1, 2)).after(embed(1, 2, "uno"));
    let embedded = embedded.when(embed(1, 2, "uno")).then_nothing();
    let embedded = embedded.when(embed(1, 2, "dos"));
    let model = "dos".to_owned();
    embedded.then([E::DocumentEmbedded { version: 1, run: 2, model, dim: 384 }]);
}

#[test]
fn a_step_that_failed_can_still_succeed() {
    let failed = published().after(super::fail_chunking(1, 1)).after(chunk(1, 1));
    let failed = failed.after(fail_embedding(1, 1));
    assert_eq!(failed.state.index(), IndexStatus::EmbeddingFailed);
    assert_eq!(failed.after(embed(1, 1, "uno")).state.index(), IndexStatus::Embedded);
}

#[test]
fn sizes_are_bounded() {
    let refused = |change: &dyn Fn(&mut Draft), code: &str| {
        let mut draft = written("Diez días.");
        change(&mut draft);
        in_review().when(C::Revise { draft }).then_refused(code);
    };
    let from_file = |name: &str, sha256: Option<&str>| {
        let (name, sha256) = (name.to_owned(), sha256.map(str::to_owned));
        DocumentSource::File { name, format: FileFormat::Csv, sha256 }
    };
    refused(&|d| d.title = " ".to_owned(), "INVALID_TITLE");
    refused(&|d| d.title = "é".repeat(201), "INVALID_TITLE");
    refused(&|d| d.body = Some(String::new()), "INVALID_BODY");
    refused(&|d| d.body = Some("é".repeat(50_001)), "INVALID_BODY");
    for tag in ["", "e", "ES", "español", "es_AR", "es-", "es-abcdefghi"] {
        refused(&|d| d.language = tag.to_owned(), "INVALID_LANGUAGE");
    }
    for url in ["", "ftp://a", "https://", "https:///a", "https://a b"] {
        refused(
            &|d| d.source = DocumentSource::Web { url: url.to_owned() },
            "INVALID_DOCUMENT_SOURCE",
        );
    }
    refused(&|d| d.source = from_file("", None), "INVALID_DOCUMENT_SOURCE");
    refused(&|d| d.source = from_file("a", Some("0F")), "INVALID_DOCUMENT_SOURCE");
    let shelf = |category: Option<&str>, names: &[&str]| C::Classify {
        category: category.map(str::to_owned),
        tags: tags(names),
    };
    in_review().when(shelf(Some(" "), &[])).then_refused("INVALID_CATEGORY");
    in_review().when(shelf(None, &[" "])).then_refused("INVALID_TAGS");
    let many: Vec<_> = (0..21).map(|n| n.to_string()).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    in_review().when(shelf(None, &many)).then_refused("INVALID_TAGS");
    let blank = C::Reject { version: 1, reason: " ".to_owned() };
    in_review().when(blank).then_refused("INVALID_REASON");
    let chunks = |chunks| C::Chunk { version: 1, run: 1, scheme: "lex_v1".to_owned(), chunks };
    published().when(chunks(0)).then_refused("INVALID_CHUNKS");
    published().when(chunks(10_001)).then_refused("INVALID_CHUNKS");
    let chunked = published().after(chunks(10_000));
    chunked.when(embed(1, 1, " ")).then_refused("INVALID_EMBEDDING");
    given::<KnowledgeDocument>([]).of("x").when(upload(file())).then_refused("INVALID_DOCUMENT_ID");
    // The longest that there can be are taken.
    let longest = Draft { title: "é".repeat(200), body: Some("é".repeat(50_000)), ..page() };
    let taken = given::<KnowledgeDocument>([]).when(upload(longest)).result.unwrap();
    let [E::DocumentUploaded { document, .. }] = taken.as_slice() else { unreachable!() };
    assert_eq!(*document, DOCUMENT);
}

#[test]
fn versions_of_a_document_end_somewhere() {
    let case = (2..=500).fold(in_review(), |case, n| case.after(revise(&format!("Versión {n}"))));
    assert_eq!(case.state.version(), 500);
    case.when(revise("Otra")).then_refused("TOO_MANY_VERSIONS");
}
