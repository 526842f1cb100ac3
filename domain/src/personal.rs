//! Personal data: values that identify a person or carry what they said.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The data subject of a personal value, such as `contact:<uuid>`. One key per subject will
/// encrypt all that is stored of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Subject(pub String);

impl Subject {
    /// The subject that a contact is.
    pub fn contact(id: crate::ContactId) -> Self {
        Self(format!("contact:{id}"))
    }
    /// The subject of what a lead told before anybody knew which contact it is.
    pub fn lead(id: crate::LeadId) -> Self {
        Self(format!("lead:{id}"))
    }
    /// The subject that a user of a tenant is.
    pub fn user(id: crate::UserId) -> Self {
        Self(format!("user:{id}"))
    }
    /// The subject that somebody is who was invited and is no user yet.
    pub fn invitee(membership: uuid::Uuid) -> Self {
        Self(format!("invitee:{membership}"))
    }
}

/// What must happen before a personal value may be seen, such as `lead:<uuid>`: that lead is
/// delivered. Whoever learns of it is given the value again without the veil (by
/// `LeadDelivered`), so that nobody has to go back and lift one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Veil(pub String);

impl Veil {
    /// Hidden until the lead is delivered.
    pub fn lead(id: crate::LeadId) -> Self {
        Self(format!("lead:{id}"))
    }
}

/// A personal value, tagged with its data subject. Serialised as
/// `{"$p":{"s":"<subject>","v":<value>}}`, the form on which the payload codec works
/// (masking, encryption). The value is absent when the reader may not see it or when the
/// subject was erased. `Debug` never shows it.
///
/// A *veiled* value (`"u":"<veil>"` beside the subject) is stored for the aggregates and shown to
/// nobody: [`Personal::reveal`] gives `None`, and the codec takes the value out of everything that
/// is read. Only this crate can look beneath the veil, so forgetting to hide it is impossible.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Personal<T> {
    subject: Subject,
    veil: Option<Veil>,
    value: Option<T>,
}

impl<T> Personal<T> {
    /// A value that belongs to `subject`.
    pub fn new(subject: Subject, value: T) -> Self {
        Self { subject, veil: None, value: Some(value) }
    }
    /// Whose it is.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }
    /// The value; `None` when masked, veiled or erased.
    pub fn reveal(&self) -> Option<&T> {
        if self.veil.is_none() { self.value.as_ref() } else { None }
    }
    /// Takes the value out; `None` when masked, veiled or erased.
    pub fn into_value(self) -> Option<T> {
        if self.veil.is_none() { self.value } else { None }
    }
    /// What hides it, if it is veiled.
    pub fn veil(&self) -> Option<&Veil> {
        self.veil.as_ref()
    }
    /// The same value beneath a veil.
    #[must_use]
    pub fn veiled(self, veil: Veil) -> Self {
        Self { veil: Some(veil), ..self }
    }
    /// The same value without a veil: for what is revealed, and for what leaves to where it is
    /// delivered.
    pub(crate) fn unveiled(self) -> Self {
        Self { veil: None, ..self }
    }
    /// The value, veiled or not: for decisions.
    pub(crate) fn beneath(&self) -> Option<&T> {
        self.value.as_ref()
    }
    /// The same subject with the value mapped.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Personal<U> {
        Personal { subject: self.subject, veil: self.veil, value: self.value.map(f) }
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Personal({}, ***)", self.subject.0)
    }
}

/// Key of the tag object.
pub const TAG: &str = "$p";

/// Key of the veil within the tag object.
pub(crate) const VEIL: &str = "u";

#[derive(Serialize, Deserialize)]
struct Tagged<S, U, T> {
    #[serde(rename = "$p")]
    tag: Inner<S, U, T>,
}

#[derive(Serialize, Deserialize)]
struct Inner<S, U, T> {
    s: S,
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    u: Option<U>,
    #[serde(default = "Option::default")]
    v: Option<T>,
}

impl<T: Serialize> Serialize for Personal<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tag = Inner { s: &self.subject, u: self.veil.as_ref(), v: self.value.as_ref() };
        Tagged { tag }.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Personal<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Tagged { tag } = Tagged::<Subject, Veil, T>::deserialize(deserializer)?;
        Ok(Self { subject: tag.s, veil: tag.u, value: tag.v })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_personal_value_is_tagged_and_never_shown() {
        let name = Personal::new(Subject("contact:1".into()), "Lucía".to_owned());
        let json = serde_json::to_value(&name).unwrap();
        assert_eq!(json, serde_json::json!({"$p":{"s":"contact:1","v":"Lucía"}}));
        assert_eq!(serde_json::from_value::<Personal<String>>(json).unwrap(), name);
        assert!(!format!("{name:?}").contains("Lucía"));
        let masked = serde_json::json!({"$p":{"s":"contact:1","v":null}});
        assert_eq!(serde_json::from_value::<Personal<String>>(masked).unwrap().reveal(), None);
    }

    #[test]
    fn a_veiled_value_is_kept_and_shown_to_nobody() {
        let lead = crate::LeadId::new(uuid::Uuid::from_u128(7));
        let open = Personal::new(Subject("contact:1".into()), "Lucía".to_owned());
        let name = open.clone().veiled(Veil::lead(lead));
        let veil = format!("lead:{lead}");
        let json = serde_json::to_value(&name).unwrap();
        assert_eq!(json, serde_json::json!({"$p":{"s":"contact:1","u":veil,"v":"Lucía"}}));
        let read: Personal<String> = serde_json::from_value(json).unwrap();
        assert_eq!((&read, read.reveal(), read.clone().into_value()), (&name, None, None));
        assert_eq!(read.clone().map(|name| name.len()).reveal(), None);
        assert_eq!(read.beneath().map(String::as_str), Some("Lucía"));
        assert_eq!(read.unveiled(), open);
    }
}
