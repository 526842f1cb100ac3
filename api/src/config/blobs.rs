//! Where blobs are kept, and how many.

use std::path::PathBuf;

use super::Secret;

/// Where blobs are kept, and how many.
#[derive(Clone, Debug)]
pub struct Blobs {
    /// Where.
    pub place: BlobPlace,
    /// Longest blob, bytes.
    pub content_bytes: u64,
    /// What all blobs of a tenant may take together, bytes.
    pub tenant_bytes: u64,
}

/// Where blobs are kept.
#[derive(Clone, Debug)]
pub enum BlobPlace {
    /// In a directory of this machine.
    Directory(PathBuf),
    /// In a bucket that speaks S3.
    Bucket(Bucket),
}

/// A bucket that speaks S3.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Its name.
    pub bucket: String,
    /// What every key begins with; may be empty.
    pub prefix: String,
    /// Address of the service; absent: AWS.
    pub endpoint: Option<String>,
    /// Its region.
    pub region: String,
    /// Id of the access key.
    pub access_key: Secret,
    /// Secret of the access key.
    pub secret_key: Secret,
}
