//! Where the bytes are: a directory, or a bucket that speaks S3.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bitacora_commands::ports::{BlobError, Clock as _};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{BackoffConfig, ObjectStore, ObjectStoreExt as _, PutPayload, RetryConfig};

use super::wire::Wire;
use crate::clock::SystemClock;

/// How often a request to a bucket is made again, and for how long at most.
const RETRIES: usize = 4;
const RETRYING: Duration = Duration::from_secs(30);

/// A bucket that speaks S3 (AWS, Cloudflare R2, MinIO …).
#[derive(Clone, Debug)]
pub struct S3Settings {
    /// Name of the bucket.
    pub bucket: String,
    /// What every key begins with, without slashes at its ends; may be empty.
    pub prefix: String,
    /// Address of the service, `https://…`; `None` is AWS. Plain http is for the loopback.
    pub endpoint: Option<String>,
    /// The bucket's region (`auto` for R2).
    pub region: String,
    /// Id of the access key.
    pub access_key: String,
    /// Secret of the access key.
    pub secret_key: Hidden,
}

/// A text that `Debug` does not show.
#[derive(Clone)]
pub struct Hidden(pub String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// The place cannot be used as configured.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The directory cannot be made or opened.
    #[error("{}: {problem}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The bucket's settings contradict each other.
    #[error("the bucket cannot be used: {0}")]
    Bucket(String),
}

/// Where the bytes are.
#[derive(Clone, Debug)]
pub struct Place {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// The same store, when it is a directory.
    directory: Option<Arc<LocalFileSystem>>,
}

impl Place {
    /// A directory of this machine, made (0700) when it is missing. What was written survives a
    /// loss of power.
    ///
    /// # Errors
    /// [`PlaceError::Directory`].
    pub fn directory(path: &FilePath) -> Result<Self, PlaceError> {
        let fault = |problem: String| PlaceError::Directory { path: path.to_owned(), problem };
        if !path.is_dir() {
            let mut builder = std::fs::DirBuilder::new();
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.recursive(true).create(path).map_err(|error| fault(error.to_string()))?;
        }
        let opened = LocalFileSystem::new_with_prefix(path);
        let directory = opened.map_err(|error| fault(error.to_string()))?.with_fsync(true);
        let directory = Arc::new(directory);
        Ok(Self { store: directory.clone(), prefix: Path::default(), directory: Some(directory) })
    }

    /// A bucket.
    ///
    /// # Errors
    /// [`PlaceError::Bucket`]; whether it can be reached, [`Self::probe`] says.
    pub fn bucket(settings: &S3Settings) -> Result<Self, PlaceError> {
        let fault = |error: &dyn std::fmt::Display| PlaceError::Bucket(error.to_string());
        let wire = Wire::new().map_err(|problem| fault(&problem))?;
        let retry = RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: RETRIES,
            retry_timeout: RETRYING,
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_access_key_id(&settings.access_key)
            .with_secret_access_key(&settings.secret_key.0)
            // One after the other: not every service that speaks S3 deletes in bulk.
            .with_disable_bulk_delete(true)
            .with_retry(retry)
            .with_http_connector(wire);
        if let Some(endpoint) = &settings.endpoint {
            builder =
                builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http:"));
        }
        let store = Arc::new(builder.build().map_err(|error| fault(&error))?);
        let prefix = Path::parse(&settings.prefix).map_err(|error| fault(&error))?;
        Ok(Self { store, prefix, directory: None })
    }

    pub(super) fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// The place `name`, which is ours (hex digits, dashes and slashes), as the store calls it.
    pub(super) fn path(&self, name: &str) -> Path {
        let parts = name.split('/').map(object_store::path::PathPart::from);
        parts.fold(self.prefix.clone(), Path::join)
    }

    /// Removes what is there, also what a process left half written when it was killed.
    pub(super) async fn delete(&self, name: &str) -> Result<(), BlobError> {
        let path = self.path(name);
        self.forget_draft(&path).await?;
        match self.store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(faulty(error)),
        }
    }

    /// A directory's uploads are written beside their place, as `<place>#1`, and then renamed. A
    /// bucket's unfinished uploads end by the bucket's own rule (docs/OPERATIONS.md).
    async fn forget_draft(&self, path: &Path) -> Result<(), BlobError> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let mut draft = directory.path_to_filesystem(path).map_err(faulty)?.into_os_string();
        draft.push("#1");
        match tokio::fs::remove_file(&draft).await {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(BlobError::Unavailable(error.to_string())),
        }
    }

    /// Writes, reads and deletes something: whether the place can be used.
    ///
    /// # Errors
    /// What went wrong, for an operator.
    pub async fn probe(&self) -> Result<(), BlobError> {
        const WORDS: &[u8] = b"written by doctor, to be deleted";
        let path = self.path(&format!("probe/{}", SystemClock.fresh_id().simple()));
        self.store.put(&path, PutPayload::from_static(WORDS)).await.map_err(faulty)?;
        let read = self.store.get(&path).await.map_err(faulty)?.bytes().await.map_err(faulty)?;
        self.store.delete(&path).await.map_err(faulty)?;
        if read.as_ref() == WORDS { Ok(()) } else { Err(BlobError::Damaged) }
    }
}

/// The store's trouble in our words; its own name no secret.
#[allow(clippy::needless_pass_by_value, reason = "handed to map_err")]
pub(super) fn faulty(error: object_store::Error) -> BlobError {
    BlobError::Unavailable(error.to_string())
}
