//! Why a knowledge document refuses.

use crate::declare::refusals;

refusals! {
    /// An expected failure of a knowledge document's command.
    KnowledgeDocumentRefusal:
    /// It was never uploaded.
    NotFound = "DOCUMENT_NOT_FOUND", "there is no such document";
    /// The stream's id is not a UUID.
    InvalidId = "INVALID_DOCUMENT_ID", "the document's id is not a UUID";
    /// It was uploaded with other data.
    AlreadyUploaded = "DOCUMENT_ALREADY_UPLOADED",
        "the document was already uploaded with other data: revise it";
    /// Blank or too long.
    InvalidTitle = "INVALID_TITLE", "a title has 1 to 200 characters";
    /// Blank, too long, or missing where it was written here.
    InvalidBody = "INVALID_BODY", "a text has 1 to 50,000 characters: split a longer one";
    /// Not a language tag.
    InvalidLanguage = "INVALID_LANGUAGE", "a language is a tag such as es or es-AR";
    /// File or page out of bounds.
    InvalidSource = "INVALID_DOCUMENT_SOURCE",
        "a file has a name of 1 to 255 characters and perhaps a SHA-256 of 64 hexadecimal digits, \
         a page an http(s) address of at most 2,048 bytes";
    /// Blank or too long.
    InvalidCategory = "INVALID_CATEGORY", "a category has 1 to 60 characters";
    /// Too many tags, or one that is blank or too long.
    InvalidTags = "INVALID_TAGS", "at most 20 tags, each with 1 to 40 characters";
    /// Blank or too long.
    InvalidReason = "INVALID_REASON", "a reason has 1 to 500 characters";
    /// Number of chunks or scheme out of bounds.
    InvalidChunks = "INVALID_CHUNKS", "there are 1 to 10,000 chunks, of a scheme of 1 to 60 characters";
    /// Model or dimension out of bounds.
    InvalidEmbedding = "INVALID_EMBEDDING",
        "a model has 1 to 120 characters, a vector 1 to 16,384 numbers";
    /// A bound against loops.
    TooManyVersions = "TOO_MANY_VERSIONS",
        "a document has at most 500 versions: retire it and upload a new one";
    /// Not the latest version.
    Superseded = "VERSION_SUPERSEDED", "this is not the latest version: read that one first";
    /// It still has no text.
    NoText = "DOCUMENT_HAS_NO_TEXT", "the version has no text yet: ingest it, or revise it with a text";
    /// It has its text.
    HasText = "DOCUMENT_HAS_TEXT", "the version has its text already: revise the document";
    /// Nobody approved it.
    NotApproved = "DOCUMENT_NOT_APPROVED", "the version is not approved: approve it first";
    /// It is read by everybody.
    IsPublished = "VERSION_PUBLISHED", "the version is published: revise or retire the document";
    /// Nobody reads any version of it.
    NotPublished = "DOCUMENT_NOT_PUBLISHED", "no version of the document is published";
    /// Vectors are of chunks.
    NotChunked = "DOCUMENT_NOT_CHUNKED", "the version was not cut into chunks in this run";
    /// It was taken away.
    Retired = "DOCUMENT_RETIRED", "the document is retired: restore it first";
}
