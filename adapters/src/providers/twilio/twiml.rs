//! What Twilio is told to do on the line.

use std::fmt::Write as _;

use bitacora_commands::ports::{Destination, OutboundCall};
use bitacora_domain::aggregates::call_session::CallPurpose;

/// Longest name that is spoken, in characters.
const NAME_MAX: usize = 80;
/// Language of what is spoken.
const LANGUAGE: &str = "es-MX";

/// A greeting, and the keys that say what the callee wants (X-CALL).
pub(super) fn script(call: &OutboundCall, gather: &str) -> String {
    let who = call.name.as_ref().and_then(|name| name.reveal()).map(|name| spoken(name));
    let hello = who.map_or_else(|| "Hola.".to_owned(), |name| format!("Hola, {name}."));
    let business = spoken(&call.business);
    let why = purpose(call.purpose);
    let voice = call.voice.as_deref().map(|voice| format!(" voice=\"{}\"", escaped(voice)));
    let voice = voice.unwrap_or_default();
    let action = escaped(gather);
    let mut xml = String::from("<Response>");
    // writing to a text cannot fail
    let _ = write!(
        xml,
        "<Gather input=\"dtmf\" numDigits=\"1\" timeout=\"5\" action=\"{action}\">\
         <Say language=\"{LANGUAGE}\"{voice}>{hello} Le llamamos de {business}{why}. \
         Marque 1 si le interesa, 2 para que lo llamemos más tarde, o 9 si no quiere recibir más \
         llamadas.</Say></Gather>\
         <Say language=\"{LANGUAGE}\"{voice}>No recibimos respuesta. Hasta luego.</Say></Response>"
    );
    xml
}

/// Puts somebody through.
pub(super) fn dial(to: &Destination, action: &str) -> Option<String> {
    let leg = match to {
        Destination::Agent(agent) => format!("<Client>{agent}</Client>"),
        Destination::Number(number) => format!("<Number>{}</Number>", escaped(number.reveal()?)),
    };
    let action = escaped(action);
    Some(format!("<Response><Dial timeout=\"30\" action=\"{action}\">{leg}</Dial></Response>"))
}

const fn purpose(purpose: CallPurpose) -> &'static str {
    match purpose {
        CallPurpose::Sales => " por una propuesta para usted",
        CallPurpose::Support => " por su consulta",
        CallPurpose::Survey => " para conocer su opinión",
        CallPurpose::FollowUp => " para continuar nuestra conversación",
        CallPurpose::Educational => " con información que puede servirle",
        CallPurpose::Retention => " porque queremos que siga con nosotros",
    }
}

fn spoken(name: &str) -> String {
    escaped(&name.chars().take(NAME_MAX).collect::<String>())
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            char if char.is_control() => escaped.push(' '),
            char => escaped.push(char),
        }
    }
    escaped
}
