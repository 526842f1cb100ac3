//! What an author hands in.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::refusal::KnowledgeDocumentRefusal as No;
use super::vocabulary::{DocumentStatus, FileFormat};
use crate::DocumentId;
use crate::text::trimmed;

/// Longest title, in characters.
const TITLE_MAX: usize = 200;
/// Longest text, in characters.
const BODY_MAX: usize = 50_000;
/// Longest language tag, in bytes (RFC 5646 asks for room for 35).
const LANGUAGE_MAX: usize = 35;
/// Longest name of a file, in characters.
const FILE_NAME_MAX: usize = 255;
/// Longest address of a page, in bytes.
const URL_MAX: usize = 2_048;
/// Longest category, in characters.
const CATEGORY_MAX: usize = 60;
/// Most tags.
const TAGS_MAX: usize = 20;
/// Longest tag, in characters.
const TAG_MAX: usize = 40;

/// Where a text comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentSource {
    /// Somebody wrote it here.
    #[default]
    Written,
    /// A file.
    File {
        /// Its name, 1–255 characters.
        name: String,
        /// What it is.
        format: FileFormat,
        /// SHA-256 of its bytes, 64 hexadecimal digits in lower case, when it is known.
        sha256: Option<String>,
    },
    /// A page.
    Web {
        /// Its address, https or http, at most 2,048 bytes.
        url: String,
    },
}

impl DocumentSource {
    /// Stable code of its kind, as in the read model.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Written => "WRITTEN",
            Self::File { .. } => "FILE",
            Self::Web { .. } => "WEB",
        }
    }

    fn checked(self) -> Option<Self> {
        Some(match self {
            Self::Written => Self::Written,
            Self::File { name, format, sha256 } => {
                let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
                let sound = |text: &String| text.len() == 64 && text.bytes().all(hex);
                if !sha256.as_ref().is_none_or(sound) {
                    return None;
                }
                Self::File { name: trimmed(&name, FILE_NAME_MAX)?, format, sha256 }
            }
            Self::Web { url } => {
                let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
                let named = host.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
                let visible = |char: char| !char.is_whitespace() && !char.is_control();
                if !named || url.len() > URL_MAX || !url.chars().all(visible) {
                    return None;
                }
                Self::Web { url }
            }
        })
    }
}

/// A version as its author hands it in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// 1–200 characters.
    pub title: String,
    /// Language of the text (BCP 47): `es`, `es-AR`.
    pub language: String,
    /// Where the text comes from.
    pub source: DocumentSource,
    /// Markdown, 1–50,000 characters. `None` while it is still in the file or on the page; what
    /// is written here always has it.
    pub body: Option<String>,
}

impl Draft {
    /// Where a version stands that begins so.
    pub const fn status(&self) -> DocumentStatus {
        if self.body.is_some() { DocumentStatus::InReview } else { DocumentStatus::AwaitingText }
    }

    /// The draft in its form, if it is within bounds.
    pub(super) fn checked(self) -> Result<Self, No> {
        let title = trimmed(&self.title, TITLE_MAX).ok_or(No::InvalidTitle)?;
        let language = language(&self.language).ok_or(No::InvalidLanguage)?;
        let source = self.source.checked().ok_or(No::InvalidSource)?;
        let body = self.body.as_deref().map(body).transpose()?;
        if body.is_none() && source == DocumentSource::Written {
            return Err(No::InvalidBody);
        }
        Ok(Self { title, language, source, body })
    }

    /// Tells two drafts of a document apart, so that its state needs to keep none of them.
    pub(super) fn fingerprint(&self, document: DocumentId) -> Uuid {
        // A draft is plain data; one that had no JSON form would fail its golden test.
        document.derive(&serde_json::to_string(self).unwrap_or_default())
    }
}

/// A text in its form, if it is within bounds.
pub(super) fn body(text: &str) -> Result<String, No> {
    trimmed(text, BODY_MAX).ok_or(No::InvalidBody)
}

/// A language tag: a language of two or three letters, then subtags.
fn language(tag: &str) -> Option<String> {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let letters = (2..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_lowercase());
    let subtag = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let sound = tag.len() <= LANGUAGE_MAX && letters && parts.all(subtag);
    sound.then(|| tag.to_owned())
}

/// What a document is about, in its form: the category, and its tags in lower case.
pub(super) fn shelf(
    category: Option<&str>,
    tags: &BTreeSet<String>,
) -> Result<(Option<String>, BTreeSet<String>), No> {
    let category = category.map(|text| trimmed(text, CATEGORY_MAX).ok_or(No::InvalidCategory));
    let tags: Option<BTreeSet<String>> =
        tags.iter().map(|tag| trimmed(&tag.to_lowercase(), TAG_MAX)).collect();
    let tags = tags.filter(|tags| tags.len() <= TAGS_MAX).ok_or(No::InvalidTags)?;
    Ok((category.transpose()?, tags))
}
