//! The operations of one socket.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::parser::types::OperationType;
use futures::StreamExt as _;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::{Close, messages};
use crate::app::App;
use crate::auth::Principal;
use crate::graphql::caller::Caller;
use crate::graphql::engine::{Answer, Engine, Incoming, Ready};
use crate::graphql::fault::{Code, Fault};

/// Operations that run, by id. The number tells an operation from a later one of the same id.
type Running = Arc<Mutex<HashMap<String, (u64, Option<AbortHandle>)>>>;

/// The operations of one socket. Dropping it ends them.
pub(super) struct Operations {
    app: App,
    out: mpsc::Sender<String>,
    running: Running,
    tasks: JoinSet<()>,
    started: u64,
}

/// What one operation needs to speak and to sign off.
struct Operation {
    id: String,
    number: u64,
    request_id: String,
    out: mpsc::Sender<String>,
    running: Running,
}

impl Operations {
    pub(super) fn new(app: App, out: mpsc::Sender<String>) -> Self {
        Self { app, out, running: Running::default(), tasks: JoinSet::new(), started: 0 }
    }

    /// Starts an operation.
    ///
    /// # Errors
    /// 4409 when one of this id is running.
    #[allow(clippy::needless_pass_by_value)] // it belongs to the operation from here on
    pub(super) fn start(
        &mut self,
        id: String,
        payload: Value,
        principal: Principal,
    ) -> Result<(), Close> {
        // Ended tasks leave nothing but their slot.
        while self.tasks.try_join_next().is_some() {}
        self.started += 1;
        let full = {
            let mut running = lock(&self.running);
            if running.contains_key(&id) {
                return Err(Close::new(4409, format!("Subscriber for {id} already exists")));
            }
            let full = running.len() >= self.app.limits.graphql.operations_per_socket;
            running.insert(id.clone(), (self.started, None));
            full
        };
        let operation = Operation {
            id: id.clone(),
            number: self.started,
            request_id: self.app.clock.fresh_id().simple().to_string(),
            out: self.out.clone(),
            running: Arc::clone(&self.running),
        };
        let app = self.app.clone();
        let handle = self.tasks.spawn(async move {
            if full {
                let message = "too many operations on this socket; complete some first";
                let fault = Fault::new(Code::TooManyOperations, message);
                operation.refuse(&Answer::fault(fault, &operation.request_id)).await;
            } else {
                operation.run(app, payload, principal).await;
            }
        });
        if let Some((number, slot)) = lock(&self.running).get_mut(&id)
            && *number == self.started
        {
            *slot = Some(handle);
        }
        Ok(())
    }

    /// Ends an operation; one that has ended already is nobody's concern.
    pub(super) fn stop(&mut self, id: &str) {
        if let Some((_, Some(handle))) = lock(&self.running).remove(id) {
            handle.abort();
        }
    }
}

fn lock(
    running: &Mutex<HashMap<String, (u64, Option<AbortHandle>)>>,
) -> MutexGuard<'_, HashMap<String, (u64, Option<AbortHandle>)>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Operation {
    async fn run(&self, app: App, payload: Value, principal: Principal) {
        let (engine, ready) = match prepare(&app, payload, &self.request_id) {
            Ok(prepared) => prepared,
            Err(answer) => return self.refuse(&answer).await,
        };
        let subscription = ready.operation == Some(OperationType::Subscription);
        let caller = Caller::new(app, principal, None);
        if !subscription {
            let answer = engine.run(ready, caller, &self.request_id).await;
            if answer.is_request_error() {
                return self.refuse(&answer).await;
            }
            self.say(messages::next(&self.id, &answer)).await;
            return self.complete().await;
        }
        let mut responses = engine.subscribe(ready, caller);
        let mut first = true;
        while let Some(response) = responses.next().await {
            let answer = Answer::of(response, &self.request_id);
            if first && answer.is_request_error() {
                return self.refuse(&answer).await;
            }
            first = false;
            self.say(messages::next(&self.id, &answer)).await;
        }
        self.complete().await;
    }

    /// Waits for room. When the writer is gone the session ends, and this task with it.
    async fn say(&self, text: String) {
        let _ = self.out.send(text).await;
    }

    async fn refuse(&self, answer: &Answer) {
        self.sign_off();
        self.say(messages::error(&self.id, answer)).await;
    }

    async fn complete(&self) {
        self.sign_off();
        self.say(messages::complete(&self.id)).await;
    }

    /// Frees the id before the client can know that it is free.
    fn sign_off(&self) {
        let mut running = lock(&self.running);
        if running.get(&self.id).is_some_and(|(number, _)| *number == self.number) {
            running.remove(&self.id);
        }
    }
}

fn prepare(
    app: &App,
    payload: Value,
    request_id: &str,
) -> Result<(&'static Engine, Ready), Answer> {
    let fault = |fault| Answer::fault(fault, request_id);
    let incoming = Incoming::from_value(payload).map_err(fault)?;
    let engine = Engine::global().map_err(fault)?;
    let ready = engine.prepare(incoming, &app.limits.graphql);
    Ok((engine, ready.map_err(|error| Answer::error(error, request_id))?))
}
