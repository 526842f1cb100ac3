//! The knowledge base over GraphQL.
#![allow(clippy::unwrap_used, reason = "tests")]

mod life;
mod limits;

use bitacora_api::auth::Role;
use serde_json::{Value, json};

use crate::mutation_stage::give;
use crate::support::{TestApp, text};

const SHOWN: &str = "document { id uuid title status latestVersion publishedVersion \
    published { number title body } } errors { __typename ... on UserError { code path } }";

fn draft(title: &str, body: &str) -> Value {
    json!({ "title": title, "body": body })
}

struct Library {
    app: TestApp,
    token: String,
}

impl Library {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let token = app.token(Role::Supervisor);
        Self { app, token }
    }

    async fn tries(&self, name: &str, input: Value) -> Value {
        give(&self.app, &self.token, name, SHOWN, &input).await
    }

    /// A mutation that must do; the document afterwards.
    async fn does(&self, name: &str, input: Value) -> Value {
        let payload = self.tries(name, input).await;
        assert_eq!(payload["errors"], json!([]), "{name}");
        payload["document"].clone()
    }

    /// A mutation that must not; type, code and path of its error.
    async fn fails(&self, name: &str, input: Value) -> [String; 3] {
        let error = self.tries(name, input).await["errors"][0].clone();
        let path: Vec<_> = error["path"].as_array().unwrap().iter().map(text).collect();
        [text(&error["__typename"]), text(&error["code"]), path.join(".")]
    }

    async fn asks(&self, query: &str, variables: Value) -> Value {
        let at = self.app.position(&self.token).await;
        let mut variables = variables;
        variables["at"] = at;
        self.app.run_as(&self.token, query, variables).await.data().clone()
    }

    async fn article(&self) -> String {
        let input = json!({ "draft": draft("Cambios", "Treinta días."), "category": "Ventas",
            "tags": ["Cambios", "garantía"] });
        text(&self.does("uploadKnowledgeDocument", input).await["id"])
    }

    async fn published(&self) -> String {
        let id = self.article().await;
        for name in ["approveKnowledgeDocument", "publishKnowledgeDocument"] {
            self.does(name, json!({ "id": id, "number": 1 })).await;
        }
        id
    }
}
