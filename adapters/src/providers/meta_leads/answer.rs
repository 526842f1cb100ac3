//! What an answer of the Graph API says about a form.

use bitacora_commands::ports::{FilledForm, FormFault};
use bitacora_domain::aggregates::offer::{AdKey, AdKeyKind};
use serde_json::Value;

/// Most fields that are read.
const FIELDS_MAX: usize = 100;

/// Reads an answer. `body` is `None` when it was longer than an answer can be.
pub(super) fn read(status: u16, body: Option<&[u8]>) -> Result<FilledForm, FormFault> {
    let document = body.and_then(|body| serde_json::from_slice::<Value>(body).ok());
    if let Some(error) = document.as_ref().and_then(|document| document.get("error")) {
        return Err(said_no(error));
    }
    match (status, document.as_ref().and_then(form)) {
        (200, Some(form)) => Ok(form),
        (429, _) => Err(FormFault::Passing("THROTTLED")),
        (500..=599, _) => Err(FormFault::Passing("SERVER_ERROR")),
        (401 | 403, _) => Err(FormFault::Forbidden("NOT_ALLOWED")),
        (404, _) => Err(FormFault::Gone("FORM_NOT_FOUND")),
        (_, _) => Err(FormFault::Passing("UNREADABLE_ANSWER")),
    }
}

/// The API's own errors: 190 is the token, 10 and 200–299 a permission, 100 with the subcode 33
/// a lead that was deleted (it can be read for 90 days), 4, 17, 32 and 613 too much at once.
fn said_no(error: &Value) -> FormFault {
    let number = |field: &str| {
        let value = error.get(field)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    };
    match (number("code"), number("error_subcode")) {
        (Some(190 | 102), _) => FormFault::Forbidden("TOKEN_EXPIRED"),
        (Some(3 | 10 | 200..=299), _) => FormFault::Forbidden("NOT_ALLOWED"),
        (Some(100), Some(33)) => FormFault::Gone("FORM_DELETED"),
        (Some(4 | 17 | 32 | 341 | 613), _) => FormFault::Passing("THROTTLED"),
        (Some(100), _) => FormFault::Gone("BAD_REQUEST"),
        (_, _) => FormFault::Passing("PROVIDER_ERROR"),
    }
}

fn form(document: &Value) -> Option<FilledForm> {
    let fields = document.get("field_data")?.as_array()?;
    let fields = fields.iter().take(FIELDS_MAX).filter_map(field).collect();
    let kinds = [
        (AdKeyKind::Ad, "ad_id"),
        (AdKeyKind::Form, "form_id"),
        (AdKeyKind::Campaign, "campaign_id"),
    ];
    let ads = kinds
        .into_iter()
        .filter_map(|(kind, field)| Some(AdKey { kind, id: id(document.get(field)?)? }));
    Some(FilledForm { ads: ads.collect(), fields })
}

fn field(field: &Value) -> Option<(String, Vec<String>)> {
    let name = field.get("name")?.as_str()?.to_owned();
    let values = field.get("values")?.as_array()?;
    Some((name, values.iter().filter_map(text).collect()))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Ids come as texts or as numbers; 0 is none.
fn id(value: &Value) -> Option<String> {
    text(value).filter(|id| id != "0" && id.bytes().all(|byte| byte.is_ascii_digit()))
}
