//! `contacts`: the people.

use bitacora_domain::aggregates::contact::{ContactEvent, Identity, IdentityKind, OptOutCategory};

use super::{Story, body, contact, words};
use crate::support::at;

#[tokio::test]
async fn a_contact_gathers_identities_and_opt_outs_whoever_comes_first() {
    let story = Story::new();
    // A message may make the row before the contact's own events come (or were parked).
    story.receives(1, body("Hola"), 1);
    let key = contact().as_uuid();
    let row =
        story.row("contacts", key, &["first_message_at", "last_conversation_id", "created_at"]);
    assert_eq!(row.await, ["1000", "2", "-"]);
    story.contact(ContactEvent::ContactCreated { contact: contact(), name: Some(words("Lucía")) });
    for (kind, value) in [
        (IdentityKind::Phone, "+5491166600011"),
        (IdentityKind::WaId, "5491166600011"),
        (IdentityKind::Phone, "+5491166600012"),
    ] {
        let identity = Identity { kind, value: words(value) };
        story.contact(ContactEvent::ContactIdentityAdded { identity });
    }
    let (category, late) = (OptOutCategory::Marketing, false);
    story.contact(ContactEvent::ContactOptedOut {
        category,
        by: "keyword".into(),
        at: at(8),
        late,
    });
    let columns =
        ["name", "phones", "phone", "wa_id", "opted_out_marketing", "opted_out_all", "version"];
    let phones = r#"["+5491166600011","+5491166600012"]"#;
    let row = story.row("contacts", key, &columns).await;
    assert_eq!(row, ["Lucía", phones, "+5491166600012", "5491166600011", "true", "false", "5"]);
    story.contact(ContactEvent::ContactOptedIn { category, by: "agent".into(), at: at(9), late });
    story.contact(ContactEvent::ContactRenamed { name: words("Lu") });
    let row =
        story.row("contacts", key, &["name", "opted_out_marketing", "first_message_at"]).await;
    assert_eq!(row, ["Lu", "false", "1000"]);
}

#[tokio::test]
async fn a_word_that_was_heard_late_has_its_time_and_changes_nothing_else() {
    let story = Story::new();
    let key = contact().as_uuid();
    story.contact(ContactEvent::ContactCreated { contact: contact(), name: None });
    let category = OptOutCategory::Marketing;
    let by = || "preference".to_owned();
    story.contact(ContactEvent::ContactOptedIn { category, by: by(), at: at(9), late: false });
    for said in [8, 7] {
        let at = at(said);
        story.contact(ContactEvent::ContactOptedOut { category, by: by(), at, late: true });
    }
    let row = story.row("contacts", key, &["opted_out_marketing", "opted_out_at"]).await;
    assert_eq!(row, ["false", "8"]);
}
