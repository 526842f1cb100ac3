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
    /// The subject that a user of a tenant is.
    pub fn user(id: crate::UserId) -> Self {
        Self(format!("user:{id}"))
    }
    /// The subject that somebody is who was invited and is no user yet.
    pub fn invitee(membership: uuid::Uuid) -> Self {
        Self(format!("invitee:{membership}"))
    }
}

/// A personal value, tagged with its data subject. Serialised as
/// `{"$p":{"s":"<subject>","v":<value>}}`, the form on which the payload codec works
/// (masking, encryption). The value is absent when the reader may not see it or when the
/// subject was erased. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Personal<T> {
    subject: Subject,
    value: Option<T>,
}

impl<T> Personal<T> {
    /// A value that belongs to `subject`.
    pub fn new(subject: Subject, value: T) -> Self {
        Self { subject, value: Some(value) }
    }
    /// Whose it is.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }
    /// The value; `None` when masked or erased.
    pub fn reveal(&self) -> Option<&T> {
        self.value.as_ref()
    }
    /// Takes the value out; `None` when masked or erased.
    pub fn into_value(self) -> Option<T> {
        self.value
    }
    /// The same subject with the value mapped.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Personal<U> {
        Personal { subject: self.subject, value: self.value.map(f) }
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Personal({}, ***)", self.subject.0)
    }
}

/// Key of the tag object.
pub const TAG: &str = "$p";

#[derive(Serialize, Deserialize)]
struct Tagged<S, T> {
    #[serde(rename = "$p")]
    tag: Inner<S, T>,
}

#[derive(Serialize, Deserialize)]
struct Inner<S, T> {
    s: S,
    #[serde(default = "Option::default")]
    v: Option<T>,
}

impl<T: Serialize> Serialize for Personal<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Tagged { tag: Inner { s: &self.subject, v: self.value.as_ref() } }.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Personal<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Tagged { tag } = Tagged::<Subject, T>::deserialize(deserializer)?;
        Ok(Self { subject: tag.s, value: tag.v })
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
}
