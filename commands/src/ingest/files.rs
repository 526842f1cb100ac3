//! Files that came in a delivery: from the waiting room of the blob store to the tenant that they
//! turn out to belong to.

use bitacora_domain::CallId;

use super::failure::Failure;
use super::job::Job;
use super::router::Router;
use crate::effects::{RECORDING_MAX, recording_kept_until, recording_owner};
use crate::ports::{BlobError, BlobKey, Blobs, NewBlob};
use crate::sources::streaming::{FileRef, waiting_owner, waiting_room};
use crate::sources::{CallFact, CallNews};

impl Router {
    /// Brings the sound of a call to where its recordings are. The bytes are copied piece by
    /// piece and are the same blob however often that happens; what waits is let go only when
    /// the fact is done ([`Self::let_go`]).
    pub(super) async fn bring(
        &self,
        job: &Job<'_>,
        call: CallId,
        fact: &CallFact,
    ) -> Result<(), Failure> {
        for (sid, file) in files(fact) {
            match self.not_done_before(job).await {
                Err(done @ (Failure::DoneBefore | Failure::Mismatch)) => {
                    self.let_go(job, fact).await?;
                    return Err(done);
                }
                asked => asked?,
            }
            let owner = recording_owner(call, fact.provider, sid);
            self.copy(job, file, owner).await?;
        }
        Ok(())
    }

    async fn copy(&self, job: &Job<'_>, file: &FileRef, owner: String) -> Result<(), Failure> {
        let (blobs, key) = (self.blobs()?, key(file)?);
        let opened = match blobs.open(waiting_room(), key, None).await {
            Ok(opened) => opened,
            // An attempt before a crash brought it, and let it go.
            Err(BlobError::NotFound) => {
                return blobs
                    .find(job.tenant, key)
                    .await
                    .map(drop)
                    .map_err(|error| failure(&error));
            }
            Err(error) => return Err(failure(&error)),
        };
        let new = NewBlob {
            tenant: job.tenant,
            owner,
            content_type: opened.blob.content_type,
            keep_until: Some(recording_kept_until(job.delivery().received_at)),
            max_bytes: RECORDING_MAX,
        };
        blobs.put(new, opened.content).await.map(drop).map_err(|error| failure(&error))
    }

    /// The files of a fact that is done wait for nothing any more.
    pub(super) async fn let_go(&self, job: &Job<'_>, fact: &CallFact) -> Result<(), Failure> {
        for (_, file) in files(fact) {
            let owner = waiting_owner(job.delivery().id);
            let released = self.blobs()?.release(waiting_room(), key(file)?, &owner).await;
            released.map_err(|error| failure(&error))?;
        }
        Ok(())
    }

    fn blobs(&self) -> Result<&dyn Blobs, Failure> {
        self.blobs.as_deref().ok_or(Failure::Stuck("NO_BLOB_STORE"))
    }
}

fn files(fact: &CallFact) -> impl Iterator<Item = (&str, &FileRef)> {
    fact.news.iter().filter_map(|news| match news {
        CallNews::Audio { sid, file } => Some((sid.as_str(), file)),
        CallNews::Status { .. }
        | CallNews::AnsweredBy(_)
        | CallNews::InitiationFailed { .. }
        | CallNews::Digits { .. }
        | CallNews::Transfer { .. }
        | CallNews::Recording { .. }
        | CallNews::Transcript { .. }
        | CallNews::Analysis { .. }
        | CallNews::Cost { .. } => None,
    })
}

fn key(file: &FileRef) -> Result<BlobKey, Failure> {
    BlobKey::parse(&file.blob).ok_or(Failure::Refused("MALFORMED_AUDIO"))
}

fn failure(error: &BlobError) -> Failure {
    if error.is_transient() { Failure::Passing(error.code()) } else { Failure::Stuck(error.code()) }
}
