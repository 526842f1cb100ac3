//! Whom the day's story is about.

use std::sync::Arc;

use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::providers::meta_leads::OfflineForms;
use bitacora_commands::ports::LeadForms as _;

use crate::cli::Failure;
use crate::cli::demo::wire::Day;
use crate::cli::leads::OFFLINE_SEED;

/// Somebody who fills in a form, and writes on WhatsApp.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// Meta's id of the filled-in form.
    pub(super) form_id: String,
    pub(super) name: String,
    /// Telephone number, digits.
    pub(super) wa_id: String,
}

impl Person {
    /// The one whom the offline twin of the forms invents for the day's form.
    pub(super) async fn of(day: &Day) -> Result<Self, Failure> {
        let form_id = day.digits("leadgen", 15);
        let forms = OfflineForms::new(OFFLINE_SEED, true, Arc::new(SystemClock));
        let filled = forms.fetch(&form_id).await.map_err(Failure::internal)?;
        let field = |name: &str| {
            let found = filled.fields.iter().find(|(field, _)| field == name);
            found.and_then(|(_, values)| values.first()).cloned().unwrap_or_default()
        };
        let digits = field("phone_number").chars().filter(char::is_ascii_digit).collect();
        Ok(Self { name: field("full_name"), wa_id: digits, form_id })
    }
}
