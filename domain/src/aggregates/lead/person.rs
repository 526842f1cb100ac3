//! Who a lead is, as far as it told.

use serde::{Deserialize, Serialize};

use crate::{Personal, Veil};

/// Most fields of a form.
const FIELDS_MAX: usize = 30;
/// Longest name of a field, in characters.
const FIELD_NAME_MAX: usize = 100;
/// Longest value of a field, in characters.
const VALUE_MAX: usize = 500;

/// A field of a form, as it was filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormField {
    /// The form's name for it (`full_name`).
    pub name: String,
    /// What was filled in.
    pub value: Personal<String>,
}

/// What identifies a lead. Veiled in every event but `LeadDelivered`, so that nobody sees it
/// before the lead is delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadPerson {
    /// Full name.
    pub name: Option<Personal<String>>,
    /// Telephone number in E.164.
    pub phone: Option<Personal<String>>,
    /// E-mail address.
    pub email: Option<Personal<String>>,
    /// Everything else that a form told, at most 30 fields.
    pub fields: Vec<FormField>,
}

impl LeadPerson {
    pub(crate) fn veiled(self, veil: &Veil) -> Self {
        self.each(|value| value.veiled(veil.clone()))
    }

    pub(crate) fn unveiled(self) -> Self {
        self.each(Personal::unveiled)
    }

    fn each(self, change: impl Fn(Personal<String>) -> Personal<String>) -> Self {
        let field = |field: FormField| FormField { value: change(field.value), ..field };
        Self {
            name: self.name.map(&change),
            phone: self.phone.map(&change),
            email: self.email.map(&change),
            fields: self.fields.into_iter().map(field).collect(),
        }
    }

    /// With what a stranger filled in cut to what can be kept: nobody is there to mend it, and a
    /// lead is never lost. What is blank is left out.
    pub(super) fn cut(self) -> Self {
        let fields = self.fields.into_iter().take(FIELDS_MAX).filter_map(|field| {
            let name = cut_text(&field.name, FIELD_NAME_MAX)?;
            Some(FormField { name, value: cut(field.value)? })
        });
        Self {
            name: self.name.and_then(cut),
            phone: self.phone.and_then(cut),
            email: self.email.and_then(cut),
            fields: fields.collect(),
        }
    }
}

/// Without white space around it and not longer than allowed; `None` when blank or hidden.
pub(super) fn cut(value: Personal<String>) -> Option<Personal<String>> {
    let text = cut_text(value.beneath()?, VALUE_MAX)?;
    Some(value.map(|_| text))
}

fn cut_text(text: &str, max: usize) -> Option<String> {
    let text: String = text.trim().chars().take(max).collect();
    crate::text::trimmed(&text, max)
}
