//! The call of the story: with the person's consent, at whatever hour the demo is played. Without
//! a key nobody's phone rings: the provider is played, and its callbacks come as signed webhooks.

use serde_json::{Value, json};

use super::{Story, text};
use crate::cli::Failure;
use crate::cli::demo::client::Mutation;

const CONSENT: Mutation = Mutation { name: "recordContactConsent", fields: "clientMutationId" };
const CALL: Mutation = Mutation { name: "requestCall", fields: "call { id }" };

const STANDS: &str = "query Llamada($id: ID!) { call(id: $id) { status } }";

/// Where a call is not over.
const UNDER_WAY: [&str; 6] =
    ["REQUESTED", "SCHEDULED", "QUEUED", "INITIATED", "RINGING", "IN_PROGRESS"];

impl Story<'_> {
    /// Calls the person; how the call ended, or how it stands after a minute.
    pub(super) async fn calls(&self, contact: &str) -> Result<String, Failure> {
        let agreed = json!({ "id": contact, "scope": "CALLS", "by": "whatsapp" });
        self.does(CONSENT, "consent", agreed).await?;
        let wanted = json!({ "contactId": contact, "purpose": "FOLLOW_UP", "maxAttempts": 1,
            "window": { "fromMinute": 0, "untilMinute": 1_440 } });
        let asked = self.does(CALL, "call", wanted).await?.unwrap_or_default();
        let variables = json!({ "id": text(&asked, "/call/id") });
        let over = |call: &Value| !UNDER_WAY.contains(&text(call, "/status").as_str());
        let ended = self.once("the call is over", STANDS, variables.clone(), "/call", over).await;
        let call = match ended {
            Ok(call) => call,
            Err(_) => self.once("the call is there", STANDS, variables, "/call", |_| true).await?,
        };
        Ok(text(&call, "/status"))
    }
}
