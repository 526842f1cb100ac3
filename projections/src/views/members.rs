//! `members`: the people who work for the tenant, or are asked to.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::membership::{
    DEFAULT_CAPACITY, Membership, MembershipEvent as Event,
};
use cqrs_es::Aggregate;
use serde_json::json;

use crate::change::Set;
use crate::reveal::{aggregate_id, code, text};
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = Membership::TYPE;

/// The view.
#[derive(Debug)]
pub struct Members;

/// Its table.
pub static TABLE: Table = Table {
    name: "members",
    schema: 1,
    doc: "One row per person who works for the tenant, was invited to, or did once.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the membership."),
        Column::of(
            OWNER,
            "user_id",
            ColumnType::Uuid,
            "The user; NULL until the invitation is accepted.",
        )
        .optional(),
        Column::of(OWNER, "email", ColumnType::Text, "E-mail address, lower case.")
            .optional()
            .personal(),
        Column::of(OWNER, "name", ColumnType::Text, "Name; NULL until the invitation is accepted.")
            .optional()
            .personal(),
        Column::of(
            OWNER,
            "role",
            ColumnType::Text,
            "`OWNER`, `ADMIN`, `SUPERVISOR`, `AGENT`, `BILLING`, `ANALYST`, `AUDITOR` or `VIEWER`.",
        ),
        Column::of(
            OWNER,
            "status",
            ColumnType::Text,
            "`INVITED`, `ACTIVE`, `SUSPENDED` or `REMOVED`.",
        ),
        Column::of(OWNER, "available", ColumnType::Bool, "Takes part in automatic assignment."),
        Column::of(
            OWNER,
            "capacity",
            ColumnType::Int,
            "Conversations that the member takes at once.",
        ),
        Column::of(
            OWNER,
            "skills",
            ColumnType::Json,
            "Skills: array of texts, lower case, sorted.",
        )
        .optional(),
        Column::of(
            OWNER,
            "invitation_expires_at",
            ColumnType::Time,
            "When the invitation ends; NULL when there is none.",
        )
        .optional(),
        Column::of(OWNER, "joined_at", ColumnType::Time, "When they last became a member.")
            .optional(),
        Column::of(OWNER, "updated_at", ColumnType::Time, "When the last event was recorded."),
        Column::of(OWNER, "version", ColumnType::Int, "Number of the membership's events so far."),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_user", columns: &["user_id"] },
        Index { name: "by_email", columns: &["email", "id"] },
        Index { name: "by_status", columns: &["status", "id"] },
    ],
};

impl Projection for Members {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let at: Cell = event.metadata.occurred_at.into();
        let mut set: Set = match event.decode::<Membership>()? {
            Event::MemberInvited { email, role, expires_at, .. } => {
                let mut set = beginning("INVITED", Cell::Null);
                set.extend([
                    ("email", text(Some(email))),
                    ("role", code(role)),
                    ("invitation_expires_at", (*expires_at).into()),
                ]);
                set
            }
            Event::MemberAdded { user, email, name, role, .. } => {
                let mut set = beginning("ACTIVE", at);
                set.extend([
                    ("user_id", user.as_uuid().into()),
                    ("email", text(Some(email))),
                    ("name", text(Some(name))),
                    ("role", code(role)),
                ]);
                set
            }
            Event::InvitationAccepted { user, name, .. } => vec![
                ("user_id", user.as_uuid().into()),
                ("name", text(Some(name))),
                ("status", "ACTIVE".into()),
                ("invitation_expires_at", Cell::Null),
                ("joined_at", at),
            ],
            Event::MemberRoleChanged { to, .. } => vec![("role", code(to))],
            Event::MemberSuspended { .. } => vec![("status", "SUSPENDED".into())],
            Event::MemberReactivated => vec![("status", "ACTIVE".into())],
            Event::MemberRemoved { .. } => {
                vec![("status", "REMOVED".into()), ("invitation_expires_at", Cell::Null)]
            }
            Event::MemberRenamed { name } => vec![("name", text(Some(name)))],
            Event::MemberAvailabilityChanged { available } => {
                vec![("available", (*available).into())]
            }
            Event::MemberCapacityChanged { capacity } => {
                vec![("capacity", i64::from(*capacity).into())]
            }
            Event::MemberSkillsChanged { skills } => vec![("skills", json!(skills).into())],
        };
        set.push(("updated_at", event.recorded_at.into()));
        set.push(("version", event.version.0.into()));
        Ok(vec![Change::Upsert { key: aggregate_id(event)?.into(), set }])
    }
}

/// What everybody starts with, also whoever comes again.
fn beginning(status: &str, joined_at: Cell) -> Set {
    vec![
        ("status", status.into()),
        ("available", true.into()),
        ("capacity", i64::from(DEFAULT_CAPACITY).into()),
        ("skills", json!([]).into()),
        ("invitation_expires_at", Cell::Null),
        ("joined_at", joined_at),
    ]
}
