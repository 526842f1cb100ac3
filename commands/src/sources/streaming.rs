//! Bodies that are too large for memory: a file travels in them.
//!
//! The door feeds such a body to an [`Intake`] while it arrives, hands the file's bytes on to the
//! blob store, and keeps in the inbox what is left, with a [`FileRef`] in the file's place. The
//! signature covers every byte, so it is decided only at the end; a file of a forged delivery is
//! never kept.

use bitacora_domain::TenantId;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::Forged;

/// For how long a file waits for its facts to be routed.
pub const WAITS_AT_MOST: TimeDelta = TimeDelta::days(30);

/// Under whom a file is kept until it is known whose it is. No tenant has this id.
pub const fn waiting_room() -> TenantId {
    TenantId::new(Uuid::nil())
}

/// As whom a delivery keeps its file there.
pub fn waiting_owner(delivery: Uuid) -> String {
    format!("inbox:{delivery}")
}

/// Why a body is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntakeFault {
    /// It is not believed.
    #[error(transparent)]
    Forged(#[from] Forged),
    /// What is left without the file is too large.
    #[error("the body is too large")]
    TooLarge,
}

/// What is left of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    before: Vec<u8>,
    after: Vec<u8>,
    file: FileIn,
}

/// Is there a file in a body?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileIn {
    /// There is none: the rest is the body as it came.
    No,
    /// There is one.
    Whole,
    /// There is something that cannot be read as one.
    Malformed,
}

impl Rest {
    /// The body around the place of a file.
    pub(super) const fn new(before: Vec<u8>, after: Vec<u8>, file: FileIn) -> Self {
        Self { before, after, file }
    }

    /// Was there a file?
    pub const fn file(&self) -> FileIn {
        self.file
    }

    /// The body with `file` where the file was; as it came when there was none.
    pub fn into_body(self, file: Option<&FileRef>) -> Vec<u8> {
        let Self { before: mut body, after, file: found } = self;
        if found != FileIn::No {
            // Plain data has a JSON form; `null` is a file that cannot be read.
            let place = serde_json::to_vec(&file).unwrap_or_else(|_| b"null".to_vec());
            body.extend(place);
            body.extend(after);
        }
        body
    }
}

/// Stands in a stored body where the file was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRef {
    /// Key of the file in the blob store, in the [`waiting_room`] until it is known whose it is.
    #[serde(rename = "$blob")]
    pub blob: String,
    /// Size of the file.
    pub bytes: u64,
}

impl FileRef {
    /// The reference in `value`, if it is one.
    pub fn read(value: &Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }
}

/// Follows one body from its first byte to its last.
pub trait Intake: Send {
    /// Media type of the file.
    fn content_type(&self) -> &'static str;

    /// The next bytes of the body. What they hold of the file is appended to `file`.
    ///
    /// # Errors
    /// [`IntakeFault::TooLarge`].
    fn take(&mut self, bytes: &[u8], file: &mut Vec<u8>) -> Result<(), IntakeFault>;

    /// The end of the body: what is left of the file goes to `file`.
    ///
    /// # Errors
    /// [`IntakeFault::Forged`]: nothing of the body may be kept.
    fn finish(self: Box<Self>, file: &mut Vec<u8>) -> Result<Rest, IntakeFault>;
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_reference_stands_where_the_file_was() {
        let file = FileRef { blob: "ab".into(), bytes: 7 };
        let rest = |file| Rest::new(b"{\"a\":".to_vec(), b"}".to_vec(), file);
        let body: Value =
            serde_json::from_slice(&rest(FileIn::Whole).into_body(Some(&file))).unwrap();
        assert_eq!(FileRef::read(&body["a"]), Some(file));
        assert_eq!(rest(FileIn::Malformed).into_body(None), b"{\"a\":null}");
        let plain = Rest::new(b"{}".to_vec(), Vec::new(), FileIn::No);
        assert_eq!(plain.into_body(None), b"{}");
        for other in
            ["null", "\"ab\"", "{\"$blob\":1,\"bytes\":7}", "{\"$blob\":\"a\",\"bytes\":7,\"x\":1}"]
        {
            assert_eq!(FileRef::read(&serde_json::from_str(other).unwrap()), None, "{other}");
        }
    }
}
