//! Who a fact is about. "The phone" is not the person: with usernames, WhatsApp sends only a
//! business-scoped user id.

use bitacora_domain::aggregates::contact::IdentityKind;
use bitacora_domain::phone;
use serde_json::Value;

use super::json;
use crate::sources::{Person, PersonIdentity};

/// Longest name that a contact can have, in characters.
const NAME_MAX: usize = 200;
/// Longest business-scoped user id.
const BSUID_MAX: usize = 128;

/// A person from a WhatsApp id, a business-scoped id, and what `contacts` of the same change
/// adds: the other id and the profile's name.
pub(super) fn person(wa_id: Option<String>, bsuid: Option<String>, contacts: &[Value]) -> Person {
    let entry = entry_of(wa_id.as_deref(), bsuid.as_deref(), contacts);
    let from_entry = |field| entry.and_then(|entry| json::id(entry, field));
    let wa_id = wa_id.or_else(|| from_entry("wa_id"));
    let bsuid = bsuid.or_else(|| from_entry("user_id"));
    let mut identities = wa_identities(wa_id.as_deref());
    identities.extend(bsuid.as_deref().and_then(bsuid_identity));
    Person { identities, name: entry.and_then(name) }
}

/// Identities that a WhatsApp id stands for: itself, and the telephone number if it is one.
pub(in crate::sources) fn wa_identities(wa_id: Option<&str>) -> Vec<PersonIdentity> {
    let digits = wa_id
        .map(|id| id.trim_start_matches('+'))
        .filter(|id| (5..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(digits) = digits else { return Vec::new() };
    let mut identities = vec![(IdentityKind::WaId, digits.to_owned())];
    if let Ok(number) = phone::e164(&format!("+{digits}"), None) {
        identities.push((IdentityKind::Phone, number));
    }
    identities
}

/// A business-scoped user id as identity.
pub(super) fn bsuid_identity(bsuid: &str) -> Option<PersonIdentity> {
    let visible = bsuid.bytes().all(|byte| byte.is_ascii_graphic());
    let sound = !bsuid.is_empty() && bsuid.len() <= BSUID_MAX && visible;
    sound.then(|| (IdentityKind::Bsuid, bsuid.to_owned()))
}

/// The entry of `contacts` that is about this person; the only one when nothing else tells.
fn entry_of<'a>(
    wa_id: Option<&str>,
    bsuid: Option<&str>,
    contacts: &'a [Value],
) -> Option<&'a Value> {
    let is = |entry: &Value, field: &str, id: Option<&str>| {
        id.is_some() && json::id(entry, field).as_deref() == id
    };
    let alone = match (wa_id, bsuid, contacts) {
        (None, None, [only]) => Some(only),
        _ => None,
    };
    contacts.iter().find(|entry| is(entry, "wa_id", wa_id) || is(entry, "user_id", bsuid)).or(alone)
}

fn name(entry: &Value) -> Option<String> {
    name_of(json::text(entry.get("profile")?, "name")?)
}

/// A name as a contact can have it; `None` when it is blank.
pub(in crate::sources) fn name_of(text: &str) -> Option<String> {
    let cut: String = text.trim().chars().take(NAME_MAX).collect();
    Some(cut.trim_end().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_entry_of_the_person_gives_name_and_the_other_id() {
        let contacts = [
            json!({"profile": {"name": "Otra"}, "wa_id": "5491166600099"}),
            json!({"profile": {"name": "  Lucía "}, "wa_id": "5491166600011", "user_id": "AR.77"}),
        ];
        let lucia = person(Some("5491166600011".into()), None, &contacts);
        assert_eq!(lucia.name.as_deref(), Some("Lucía"));
        assert!(lucia.identities.contains(&(IdentityKind::WaId, "5491166600011".into())));
        assert!(lucia.identities.contains(&(IdentityKind::Phone, "+5491166600011".into())));
        assert!(lucia.identities.contains(&(IdentityKind::Bsuid, "AR.77".into())));
        let by_bsuid = person(None, Some("AR.77".into()), &contacts);
        assert_eq!(by_bsuid.identities, {
            let mut same = wa_identities(Some("5491166600011"));
            same.push((IdentityKind::Bsuid, "AR.77".into()));
            same
        });
    }

    #[test]
    fn a_stranger_gets_nobody_elses_name() {
        let contacts = [json!({"profile": {"name": "Otra"}, "wa_id": "5491166600099"})];
        let stranger = person(Some("5491166600011".into()), None, &contacts);
        assert_eq!(stranger.name, None);
        assert_eq!(person(None, None, &contacts).name.as_deref(), Some("Otra"));
        let two = [contacts[0].clone(), contacts[0].clone()];
        assert_eq!(person(None, None, &two), Person::default());
    }

    #[test]
    fn odd_ids_and_names_are_left_out() {
        assert!(wa_identities(Some("not digits")).is_empty());
        assert!(wa_identities(Some("")).is_empty());
        assert_eq!(bsuid_identity(&"x".repeat(129)), None);
        let contacts = [json!({"profile": {"name": "n".repeat(300)}, "wa_id": "5491166600011"})];
        let long = person(Some("5491166600011".into()), None, &contacts);
        assert_eq!(long.name.map(|name| name.len()), Some(200));
        for blank in [json!({"profile": {"name": " "}}), json!({"profile": {}}), json!({})] {
            assert_eq!(person(None, None, &[blank]).name, None);
        }
    }
}
