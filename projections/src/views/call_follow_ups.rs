//! `call_follow_ups`: messages that were proposed after calls, and what was decided (CS-20).

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::call_session::{CallEvent as Event, CallSession};
use cqrs_es::Aggregate;

use crate::reveal::{aggregate_id, code, person, text};
use crate::value::ColumnType as Ty;
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = CallSession::TYPE;

/// The view.
#[derive(Debug)]
pub struct CallFollowUps;

/// Its table.
pub static TABLE: Table = Table {
    name: "call_follow_ups",
    schema: 1,
    doc: "One row per message that was proposed after a call, with what was decided.",
    columns: &[
        Column::key("id", Ty::Uuid, "Id of the follow-up."),
        Column::of(OWNER, "call_id", Ty::Uuid, "Call."),
        Column::of(OWNER, "contact_id", Ty::Uuid, "To whom it goes."),
        Column::of(OWNER, "channel", Ty::Text, "Over what: `WHATSAPP` or `EMAIL`."),
        Column::of(OWNER, "status", Ty::Text, "`PROPOSED`, `APPROVED` or `DISMISSED`."),
        Column::of(
            OWNER,
            "text",
            Ty::Text,
            "What it says; after an approval what goes out. NULL when it may not be seen.",
        )
        .optional()
        .personal(),
        Column::of(OWNER, "edited", Ty::Bool, "Approved with other words than were proposed."),
        Column::of(OWNER, "suggested_at", Ty::Time, "When it was proposed."),
        Column::of(OWNER, "decided_at", Ty::Time, "When somebody decided.").optional(),
        Column::of(OWNER, "decided_by", Ty::Text, "Kind and id of who decided.").optional(),
        Column::of(OWNER, "reason", Ty::Text, "Why it was dismissed.").optional(),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_call", columns: &["call_id", "-suggested_at", "-id"] },
        Index { name: "by_status", columns: &["status", "-suggested_at", "-id"] },
        Index { name: "by_time", columns: &["-suggested_at", "-id"] },
    ],
};

impl Projection for CallFollowUps {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let call = aggregate_id(event)?;
        let said = event.decode::<CallSession>()?;
        if let Event::FollowUpSuggested { follow_up, contact, channel, text: words, at } = said {
            let set = vec![
                ("call_id", call.into()),
                ("contact_id", contact.as_uuid().into()),
                ("channel", code(channel)),
                ("status", "PROPOSED".into()),
                ("text", text(Some(words))),
                ("suggested_at", (*at).into()),
            ];
            return Ok(vec![Change::Insert { key: (*follow_up).into(), set }]);
        }
        Ok(decided(said).into_iter().collect())
    }
}

fn decided(said: &Event) -> Option<Change> {
    if let Event::FollowUpApproved { follow_up, text: words, edited, by, at, .. } = said {
        let set = vec![
            ("status", "APPROVED".into()),
            ("text", text(Some(words))),
            ("edited", (*edited).into()),
            ("decided_by", person(by)),
            ("decided_at", (*at).into()),
        ];
        return Some(Change::Patch { key: (*follow_up).into(), set });
    }
    let Event::FollowUpDismissed { follow_up, reason, by, at } = said else { return None };
    let set = vec![
        ("status", "DISMISSED".into()),
        ("reason", reason.clone().into()),
        ("decided_by", person(by)),
        ("decided_at", (*at).into()),
    ];
    Some(Change::Patch { key: (*follow_up).into(), set })
}
