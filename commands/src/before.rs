//! Was a command done before? Asked by whoever would have to prepare something for it first.

use bitacora_domain::{CommandId, TenantId};

use crate::append::Expected;
use crate::ports::LogError;
use crate::{Append, AppendOutcome, CommandBus, Fingerprint, Receipt};

/// What the log knows of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Never,
    /// Its first outcome.
    Done(Receipt),
    /// Its id was used for another request.
    Mismatch,
    /// The log contradicts itself: an operator's.
    Contradiction,
}

impl CommandBus {
    /// What became of the command of this id, if it was given before. Nothing is written to
    /// find out; another request under the same id is told apart by the fingerprint.
    ///
    /// # Errors
    /// When the log does not answer.
    pub async fn before(
        &self,
        tenant: TenantId,
        command_id: CommandId,
        fingerprint: Fingerprint,
    ) -> Result<Before, LogError> {
        let Some(first) = self.log().outcome(tenant, command_id).await? else {
            return Ok(Before::Never);
        };
        let check = Append {
            tenant,
            stream: first.stream,
            expected: Expected::NONE,
            events: Vec::new(),
            claims: Vec::new(),
            counts: Vec::new(),
            command_id,
            fingerprint,
            verify_only: true,
        };
        Ok(match self.log().append(check).await? {
            AppendOutcome::Replayed(landed) => Before::Done(Receipt {
                cursor: landed.cursor,
                version: landed.version,
                stream: landed.stream,
                replayed: true,
            }),
            AppendOutcome::Mismatch { .. } => Before::Mismatch,
            AppendOutcome::Appended(_)
            | AppendOutcome::Verified
            | AppendOutcome::Conflict { .. }
            | AppendOutcome::Reserved { .. }
            | AppendOutcome::LimitReached { .. }
            | AppendOutcome::ForeignStream => Before::Contradiction,
        })
    }
}
