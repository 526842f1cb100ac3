//! What the demo tells whoever started it.

use super::cast::{PASSWORD, TEAM};

/// Who may log in, a line each.
pub(super) fn logins() -> String {
    let line = |colleague: &super::cast::Colleague| {
        format!("  {}  (contraseña {PASSWORD}, {})", colleague.email, colleague.role.as_str())
    };
    TEAM.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// How to answer a customer, in documents to copy. `id` is the conversation for which a person
/// was asked.
pub(super) fn three_steps(url: &str, id: &str) -> String {
    format!(
        "Conteste a un cliente en tres pasos, desde {url}/graphql:\n\n\
         1. Mire la bandeja: Raúl Ibarra pidió hablar con una persona.\n\n{}\n\n\
         2. Contéstele.\n\n{}\n\n\
         3. Vea el estado pasar de PENDING a SENT, DELIVERED y READ (repita la consulta).\n\n{}\n",
        indented(INBOX),
        indented(&ANSWER.replace("$ID", id)),
        indented(&WATCH.replace("$ID", id)),
    )
}

const INBOX: &str = r"query Bandeja {
  conversations(first: 10) {
    nodes { id status handoff { status } unread preview contact { name } }
  }
}";

const ANSWER: &str = r#"mutation Contestar {
  sendMessage(input: {
    id: "$ID"
    content: { text: { body: "Hola Raúl, soy Ana. ¿En qué te ayudo?" } }
  }) {
    message { id status text }
    errors { ... on UserError { code message } }
  }
}"#;

const WATCH: &str = r#"query Estado {
  conversation(id: "$ID") { lastMessage { text status } }
}"#;

fn indented(document: &str) -> String {
    let lines = document.lines().map(|line| format!("   {line}"));
    lines.collect::<Vec<_>>().join("\n")
}
