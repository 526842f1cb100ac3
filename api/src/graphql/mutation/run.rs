//! One mutation on its way: role, command id, what must hold, the command, its outcome.

use async_graphql::Context;
use bitacora_commands::{Before, Envelope, Fingerprint};
use bitacora_domain::{CommandId, DomainAggregate, Version};
use uuid::Uuid;

use super::errors::{Unmet, UserError, failure, held_back, user_error};
use super::inputs::{self, MutationInput, Target};
use super::payload::{Entity as _, Payload, Receipted};
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::{Code, Fault};

/// What became of a mutation.
pub type Outcome = Result<Receipted, UserError>;

/// A whole mutation: check the role, run the command, read the object again.
///
/// # Errors
/// A fault; expected failures are in the payload.
pub async fn answer<A: DomainAggregate, P: Payload, I: MutationInput>(
    ctx: &Context<'_>,
    capability: Capability,
    input: &I,
    target: Target<'_>,
    body: impl FnOnce(Uuid) -> A::Body,
) -> async_graphql::Result<P> {
    let run = Run::begin(ctx, capability, input)?;
    let outcome = run.execute::<A, _>(target, |uuid| std::future::ready(Ok(body(uuid)))).await?;
    Ok(run.payload(outcome).await)
}

/// The same where something must be looked up before the command can be said. What `prepare`
/// finds unmet stops the mutation, unless it was done before: then its first outcome stands.
///
/// # Errors
/// A fault; expected failures are in the payload.
pub async fn answer_prepared<A: DomainAggregate, P: Payload, I: MutationInput>(
    ctx: &Context<'_>,
    capability: Capability,
    input: &I,
    target: Target<'_>,
    prepare: impl Future<Output = Result<A::Body, Unmet>>,
) -> async_graphql::Result<P> {
    let run = Run::begin(ctx, capability, input)?;
    let prepare = Box::pin(prepare);
    let outcome = run.execute::<A, _>(target, |_| prepare).await?;
    Ok(run.payload(outcome).await)
}

/// A mutation whose caller may give it.
pub struct Run<'a, I> {
    caller: &'a Caller,
    input: &'a I,
}

impl<'a, I: MutationInput> Run<'a, I> {
    /// Lets the caller through whose role has `capability`.
    ///
    /// # Errors
    /// A `FORBIDDEN` fault.
    pub fn begin(
        ctx: &Context<'a>,
        capability: Capability,
        input: &'a I,
    ) -> async_graphql::Result<Self> {
        let caller = Caller::of(ctx)?;
        caller.require(capability)?;
        Ok(Self { caller, input })
    }

    /// Lets whoever runs the installation through, and nobody else.
    ///
    /// # Errors
    /// A `FORBIDDEN` fault.
    pub fn begin_as_operator(ctx: &Context<'a>, input: &'a I) -> async_graphql::Result<Self> {
        let caller = Caller::of(ctx)?;
        if !crate::access::is_operator(&caller.principal) {
            let message = "only whoever runs the installation may do this";
            return Err(Fault::new(Code::Forbidden, message).into());
        }
        Ok(Self { caller, input })
    }

    /// An id of something that the mutation makes inside its object; the same one for a retry
    /// under the same key.
    ///
    /// # Errors
    /// When the key is none.
    pub fn derived_id(&self, what: &str) -> Result<Uuid, UserError> {
        let key = self.input.common().idempotency_key;
        let command = inputs::command_id(self.caller, key.as_deref())?;
        Ok(command.derive(&format!("{what}:{}", self.caller.tenant())))
    }

    /// A command that has to be given before the mutation's own, on another object or the same;
    /// giving it again changes nothing.
    ///
    /// # Errors
    /// As [`Run::execute`].
    pub async fn before<A: DomainAggregate>(
        &self,
        step: &str,
        uuid: Uuid,
        body: A::Body,
    ) -> Result<Result<(), UserError>, Fault> {
        let given = Box::pin(self.give_before::<A>(step, uuid, body)).await;
        self.expected(given)
    }

    /// Who gives it.
    pub const fn caller(&self) -> &'a Caller {
        self.caller
    }

    /// Runs the mutation's own command. `prepare` gets the UUID of the object that the command
    /// is for, and says the command.
    ///
    /// # Errors
    /// A fault when the log does not answer or cannot be read; expected failures are in the
    /// [`Outcome`].
    pub async fn execute<A: DomainAggregate, F>(
        &self,
        target: Target<'_>,
        prepare: impl FnOnce(Uuid) -> F,
    ) -> Result<Outcome, Fault>
    where
        F: Future<Output = Result<A::Body, Unmet>>,
    {
        // On the heap: the root of all mutations is one future with room for each of them.
        self.expected(Box::pin(self.attempt::<A, F>(target, prepare)).await)
    }

    /// Gives the mutation's own command through somebody who has more to do for it: `give` gets
    /// the envelope, and the UUID of the object.
    ///
    /// # Errors
    /// As [`Run::execute`].
    pub async fn through<F>(
        &self,
        target: Target<'_>,
        give: impl FnOnce(Envelope, Uuid) -> F,
    ) -> Result<Outcome, Fault>
    where
        F: Future<Output = Result<bitacora_commands::Receipt, Unmet>>,
    {
        self.expected(Box::pin(self.attempt_through(target, give)).await)
    }

    /// A further command that belongs to the mutation, on another object. It has an id of its
    /// own that follows from the mutation's, so that a retry after a crash between the two
    /// completes what was begun. The outcome stands where this one does.
    ///
    /// # Errors
    /// As [`Run::execute`].
    pub async fn further<A: DomainAggregate>(
        &self,
        done: &Receipted,
        step: &str,
        uuid: Uuid,
        body: A::Body,
    ) -> Result<Outcome, Fault> {
        self.expected(Box::pin(self.step::<A>(done, step, uuid, body)).await)
    }

    /// The payload of an outcome, with the object read again.
    pub async fn payload<P: Payload>(&self, outcome: Outcome) -> P {
        let echo = self.input.common().client_mutation_id;
        match outcome {
            Ok(done) => {
                let entity = Box::pin(P::Entity::after(self.caller, &done)).await;
                P::done(&done, entity, echo)
            }
            Err(error) => P::failed(error, echo),
        }
    }

    fn expected<T>(&self, outcome: Result<T, Unmet>) -> Result<Result<T, UserError>, Fault> {
        match outcome {
            Ok(done) => Ok(Ok(done)),
            Err(Unmet::Expected(error)) => Ok(Err(error.located(self.input))),
            Err(Unmet::Fault(fault)) => Err(fault),
        }
    }

    async fn attempt<A: DomainAggregate, F>(
        &self,
        target: Target<'_>,
        prepare: impl FnOnce(Uuid) -> F,
    ) -> Result<Receipted, Unmet>
    where
        F: Future<Output = Result<A::Body, Unmet>>,
    {
        let common = self.input.common();
        let command = inputs::command_id(self.caller, common.idempotency_key.as_deref())?;
        let uuid = target.uuid(command)?;
        match prepare(uuid).await {
            Ok(body) => {
                let envelope = Envelope {
                    expected_version: common.expected_version.map(Version),
                    ..self.envelope(command)?
                };
                self.give::<A>(command, envelope, uuid, body).await
            }
            Err(Unmet::Expected(error)) => self.first_outcome(command, error).await,
            Err(fault) => Err(fault),
        }
    }

    async fn attempt_through<F>(
        &self,
        target: Target<'_>,
        give: impl FnOnce(Envelope, Uuid) -> F,
    ) -> Result<Receipted, Unmet>
    where
        F: Future<Output = Result<bitacora_commands::Receipt, Unmet>>,
    {
        let common = self.input.common();
        let command = inputs::command_id(self.caller, common.idempotency_key.as_deref())?;
        let uuid = target.uuid(command)?;
        let expected_version = common.expected_version.map(Version);
        let envelope = Envelope { expected_version, ..self.envelope(command)? };
        match give(envelope, uuid).await {
            Ok(receipt) => Ok(Receipted { receipt, command }),
            Err(Unmet::Expected(error)) => self.first_outcome(command, error).await,
            Err(fault) => Err(fault),
        }
    }

    async fn step<A: DomainAggregate>(
        &self,
        done: &Receipted,
        step: &str,
        uuid: Uuid,
        body: A::Body,
    ) -> Result<Receipted, Unmet> {
        let envelope = self.envelope(done.command)?.step(step);
        let further = self.give::<A>(envelope.command_id, envelope, uuid, body).await?;
        let cursor = further.receipt.cursor;
        let receipt = bitacora_commands::Receipt { cursor, ..done.receipt.clone() };
        Ok(Receipted { receipt, command: done.command })
    }

    async fn give<A: DomainAggregate>(
        &self,
        command: CommandId,
        envelope: Envelope,
        uuid: Uuid,
        body: A::Body,
    ) -> Result<Receipted, Unmet> {
        let bus = &self.caller.app.bus;
        if A::is_outbound(&body) {
            let allowed = bus.require_outbound(self.caller.tenant(), command).await;
            allowed.map_err(|error| held_back(&error))?;
        }
        let done = bus.execute::<A>(envelope, &uuid.to_string(), body).await;
        Ok(Receipted { receipt: done.map_err(failure)?, command })
    }

    async fn give_before<A: DomainAggregate>(
        &self,
        step: &str,
        uuid: Uuid,
        body: A::Body,
    ) -> Result<(), Unmet> {
        let key = self.input.common().idempotency_key;
        let command = inputs::command_id(self.caller, key.as_deref())?;
        let envelope = self.envelope(command)?.step(step);
        self.give::<A>(envelope.command_id, envelope, uuid, body).await.map(drop)
    }

    /// What became of the mutation when it was given before; else the reason why it is not
    /// done now.
    async fn first_outcome(
        &self,
        command: CommandId,
        reason: UserError,
    ) -> Result<Receipted, Unmet> {
        let (tenant, fingerprint) = (self.caller.tenant(), self.fingerprint()?);
        let before = self.caller.app.bus.before(tenant, command, fingerprint).await;
        match before.map_err(Fault::unavailable)? {
            Before::Done(receipt) => Ok(Receipted { receipt, command }),
            Before::Never => Err(reason.into()),
            Before::Mismatch => {
                let message = "this idempotency key was used for another request";
                Err(user_error("IDEMPOTENCY_MISMATCH", message).into())
            }
            Before::Contradiction => Err(Fault::internal("the log contradicts itself").into()),
        }
    }

    fn fingerprint(&self) -> Result<Fingerprint, Fault> {
        let asked = inputs::asked(self.input);
        self.caller.app.bus.key().fingerprint(&asked).map_err(Fault::internal)
    }

    fn envelope(&self, command: CommandId) -> Result<Envelope, Fault> {
        let caller = self.caller;
        let (actor, now) = (caller.principal.actor(), caller.app.clock.now());
        Ok(Envelope {
            traceparent: caller.traceparent.clone(),
            ..Envelope::new(caller.tenant(), actor, command, self.fingerprint()?, now)
        })
    }
}
