//! The views of tickets, compared with the aggregate: whatever is done to a ticket, the board and
//! the clocks show what the ticket itself says of them.

use std::collections::{BTreeMap, BTreeSet};

use bitacora_domain::aggregates::conversation::{AssignedBy, Priority};
use bitacora_domain::aggregates::membership::MemberStatus;
use bitacora_domain::aggregates::ticket::{
    SlaPolicy, SlaTarget, SlaTargets, Ticket, TicketCategory, TicketCommand as C, TicketEvent as E,
    TicketNumber, TicketOrigin, TicketStatus,
};
use bitacora_domain::calendar::{BusinessCalendar, BusinessHours, OpenSpan};
use bitacora_domain::{
    Actor, ActorKind, CommandId, ConversationId, Directed, DomainAggregate as _, TicketId, UserId,
};
use bitacora_projections::views::sla_clocks;
use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::Aggregate as _;
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::{Story, contact, id, show, words};
use crate::support::{at, tenant};

const TICKET: u128 = 77;

/// A ticket with its log.
struct Desk {
    story: Story,
    ticket: Ticket,
    now: DateTime<Utc>,
    given: u128,
    refused: usize,
    /// Another priority was given while it was settled: its limits are told with the next policy.
    stale: bool,
}

fn policy(version: i64, resolution_s: Option<i64>) -> Box<SlaPolicy> {
    let span = |weekday| OpenSpan { weekday, from: 540, until: 1_080 };
    let hours = BusinessHours { week: (1..=5).map(span).collect(), holidays: BTreeSet::new() };
    let row = |first_response_s| SlaTargets {
        first_response_s: Some(first_response_s),
        next_response_s: Some(7_200),
        resolution_s,
    };
    let targets = [(Priority::Medium, row(3_600)), (Priority::Urgent, row(600))];
    Box::new(SlaPolicy {
        policy: id(900),
        version,
        calendar: BusinessCalendar {
            calendar: id(901),
            version: 1,
            time_zone: "America/Argentina/Buenos_Aires".into(),
            hours,
        },
        targets: BTreeMap::from(targets),
    })
}

impl Desk {
    fn open(sla: Option<Box<SlaPolicy>>) -> Self {
        let story = Story::new();
        // Monday, 5 January 2026, ten o'clock in Buenos Aires.
        let now = at(0) + TimeDelta::hours(4 * 24 + 13);
        let mut desk =
            Self { story, ticket: Ticket::default(), now, given: 0, refused: 0, stale: false };
        desk.gives(C::Open {
            category: TicketCategory::Otro,
            priority: None,
            confidence_bp: None,
            subject: words("No anda"),
            contact: contact(),
            conversation: Some(ConversationId::new(id(2))),
            origin: TicketOrigin::Manual,
            parent: None,
            missing_fields: BTreeSet::from(["dni".to_owned()]),
            sla,
        });
        desk
    }

    fn gives(&mut self, body: C) {
        self.gives_as(ActorKind::User, body);
    }

    fn gives_as(&mut self, kind: ActorKind, body: C) {
        self.given += 1;
        let of = Directed {
            tenant: tenant(0),
            aggregate_id: id(TICKET).to_string(),
            command_id: CommandId::new(id(10_000 + self.given)),
            actor: Actor::new(kind, "ana"),
            now: self.now,
            body: (),
        };
        let Ok(events) = self.ticket.decide(&of, body) else {
            self.refused += 1;
            return;
        };
        for mut event in events {
            if let E::TicketOpened { number, .. } = &mut event {
                *number = TicketNumber::new(7);
            }
            let settled = self.ticket.status() == TicketStatus::Resolved;
            self.stale |= settled && matches!(event, E::TicketPriorityChanged { .. });
            self.stale &= !matches!(event, E::SlaApplied { .. });
            self.story.append((Ticket::TYPE, id(TICKET)), &event);
            self.ticket.apply(event);
        }
    }

    fn waits(&mut self, minutes: i64) {
        self.now += TimeDelta::minutes(minutes);
    }

    async fn row(&self, columns: &[&str]) -> Vec<String> {
        self.story.row("tickets", id(TICKET), columns).await
    }

    async fn clock(&self, target: SlaTarget, columns: &[&str]) -> Vec<String> {
        self.story.row("sla_clocks", sla_clocks::id(id(TICKET), target), columns).await
    }
}

fn time(at: Option<DateTime<Utc>>) -> String {
    show(&at.into())
}

/// Compares what both views show of every clock with what the ticket says.
async fn compare(desk: &Desk) {
    let ticket = &desk.ticket;
    let columns = ["status", "waiting_for", "category", "priority", "awaiting_since", "version"];
    let row = desk.row(&columns).await;
    let text = |value: serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    let code = |value: Option<serde_json::Value>| value.map_or("-".to_owned(), text);
    assert_eq!(row[0], text(serde_json::to_value(ticket.status().shown()).unwrap()));
    assert_eq!(row[1], code(ticket.waiting_for().map(|w| serde_json::to_value(w).unwrap())));
    assert_eq!(row[2], code(ticket.category().map(|c| serde_json::to_value(c).unwrap())));
    assert_eq!(row[3], text(serde_json::to_value(ticket.priority()).unwrap()));
    if !ticket.status().is_over() {
        assert_eq!(row[4], time(ticket.awaiting_since()));
    }
    let missing = serde_json::to_string(&ticket.missing()).unwrap();
    assert_eq!(desk.row(&["missing_fields"]).await, [missing]);

    for (target, name) in [
        (SlaTarget::FirstResponse, "first_response"),
        (SlaTarget::NextResponse, "next_response"),
        (SlaTarget::Resolution, "resolution"),
    ] {
        let columns = [format!("{name}_sla"), format!("{name}_due_at"), format!("{name}_limit_s")];
        let columns: Vec<_> = columns.iter().map(String::as_str).collect();
        let board = desk.row(&columns).await;
        let clock = desk.clock(target, &["state", "due_at", "limit_s", "pending"]).await;
        assert_eq!(board, clock[..3], "{name}: board and clock differ");
        let (state, due) = (board[0].as_str(), &board[1]);
        assert_eq!(clock[3], matches!(state, "RUNNING" | "OVERDUE").to_string());
        let known = ticket.clock(target);
        // Another priority counts from when a settled ticket is reopened.
        let promised = ticket.sla_policy().and_then(|sla| sla.time(ticket.priority(), target));
        let settled_now = ticket.status() == TicketStatus::Resolved;
        let limited = if settled_now { board[2] != "-" } else { promised.is_some() };
        if ticket.status().is_over() {
            assert!(!matches!(state, "RUNNING" | "PAUSED" | "OVERDUE"), "{name}: {state}");
            continue;
        }
        let settled = ticket.status() == TicketStatus::Resolved && target == SlaTarget::Resolution;
        match known {
            // Answered, perhaps when it was no longer promised, or never wanted.
            None => {
                let over = matches!(state, "NONE" | "MET" | "MISSED" | "CANCELLED");
                assert!(over, "{name}: {state}");
            }
            Some(clock) if clock.breached && settled => assert_eq!(state, "MISSED", "{name}"),
            Some(clock) if clock.breached => assert_eq!(state, "OVERDUE", "{name}"),
            Some(clock) if desk.stale && clock.due_at.is_none() => {}
            Some(_) if settled && limited => assert!(matches!(state, "MET" | "NONE"), "{name}"),
            Some(_) if !limited => assert!(matches!(state, "NONE" | "MET"), "{name}: {state}"),
            Some(clock) if clock.since.is_some() => {
                assert_eq!((state, due), ("RUNNING", &time(clock.due_at)), "{name}");
            }
            Some(_) => assert_eq!((state, due.as_str()), ("PAUSED", "-"), "{name}"),
        }
    }
}

/// Something that is done to a ticket.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Start,
    WaitForCustomer,
    WaitForThirdParty,
    Reply,
    Answer,
    Hold,
    Release,
    Resolve,
    Reopen,
    Close,
    Priority(bool),
    Policy(i64, bool),
    Check,
    Supply,
    Assign,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => Just(Deed::Start),
        2 => Just(Deed::WaitForCustomer),
        1 => Just(Deed::WaitForThirdParty),
        3 => Just(Deed::Reply),
        3 => Just(Deed::Answer),
        1 => Just(Deed::Hold),
        1 => Just(Deed::Release),
        2 => Just(Deed::Resolve),
        1 => Just(Deed::Reopen),
        1 => Just(Deed::Close),
        2 => any::<bool>().prop_map(Deed::Priority),
        2 => (1_i64..4, any::<bool>()).prop_map(|(version, limited)| Deed::Policy(version, limited)),
        3 => Just(Deed::Check),
        1 => Just(Deed::Supply),
        1 => Just(Deed::Assign),
    ]
}

fn plays(desk: &mut Desk, deed: Deed) {
    let limit = |limited: bool| limited.then_some(14_400);
    match deed {
        Deed::Start => desk.gives(C::StartWork),
        Deed::WaitForCustomer => desk.gives(C::WaitForCustomer { question: Some(words("¿?")) }),
        Deed::WaitForThirdParty => desk.gives(C::WaitForThirdParty { party: None }),
        Deed::Reply => desk.gives_as(ActorKind::Contact, C::CustomerReplied { message: None }),
        Deed::Answer => desk.gives(C::AddComment { public: true, body: words("Lo vemos") }),
        Deed::Hold => desk.gives(C::Hold { reason: "feriado".into(), until: None }),
        Deed::Release => desk.gives(C::ReleaseHold),
        Deed::Resolve => desk.gives(C::Resolve {
            resolution: None,
            root_cause: None,
            reopen_window_s: 7 * 86_400,
        }),
        Deed::Reopen => desk.gives(C::Reopen { reason: None }),
        Deed::Close => desk.gives(C::Close),
        Deed::Priority(urgent) => {
            let priority = if urgent { Priority::Urgent } else { Priority::Low };
            desk.gives(C::ChangePriority { priority });
        }
        Deed::Policy(version, limited) => {
            desk.gives(C::ApplySlaPolicy { policy: policy(version, limit(limited)) });
        }
        Deed::Check => {
            for target in SlaTarget::ALL {
                desk.gives_as(ActorKind::System, C::CheckSla { target });
            }
        }
        Deed::Supply => desk.gives(C::SupplyData { field: "dni".into(), value: words("1") }),
        Deed::Assign => desk.gives(C::Assign {
            agent: Some(UserId::new(id(42))),
            agent_status: Some(MemberStatus::Active),
            team: None,
            by: AssignedBy::User,
        }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_board_and_the_clocks_show_what_the_ticket_says(
        deeds in vec((deed(), 0_i64..2_000), 1..24),
        begins: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut desk = Desk::open(begins.then(|| policy(1, Some(14_400))));
            compare(&desk).await;
            for (deed, minutes) in deeds {
                desk.waits(minutes);
                plays(&mut desk, deed);
                compare(&desk).await;
            }
        });
    }
}

#[tokio::test]
async fn the_row_of_a_ticket_follows_it_to_its_end() {
    let mut desk = Desk::open(None);
    let opened = desk.now;
    let columns = ["number", "subject", "contact_id", "conversation_id", "origin", "status"];
    assert_eq!(desk.row(&columns).await, ["7", "No anda", "1", "2", "MANUAL", "NEW"]);
    assert_eq!(desk.row(&["opened_by", "tags", "links"]).await, ["user:ana", "[]", "[]"]);
    plays(&mut desk, Deed::Assign);
    desk.gives(C::Escalate { level: 2, reason: "cliente grande".into() });
    desk.gives(C::SetTags { tags: BTreeSet::from(["VIP".to_owned()]) });
    let columns = ["assignee_id", "escalation_level", "escalation_reason", "tags"];
    assert_eq!(desk.row(&columns).await, ["42", "2", "cliente grande", r#"["vip"]"#]);
    desk.waits(30);
    plays(&mut desk, Deed::Answer);
    let columns = ["first_response_ms", "responses", "comments", "awaiting_since"];
    assert_eq!(desk.row(&columns).await, ["1800000", "1", "1", "-"]);
    desk.gives(C::WaitForCustomer { question: Some(words("¿Cuál es tu DNI?")) });
    let columns = ["waiting_for", "waiting_reason", "waiting_until"];
    assert_eq!(desk.row(&columns).await, ["CUSTOMER", "¿Cuál es tu DNI?", "-"]);
    plays(&mut desk, Deed::Supply);
    assert_eq!(desk.row(&["waiting_for", "waiting_reason"]).await, ["-", "-"]);
    let field = desk.story.list("ticket_fields", "field", &["field", "value", "supplied_by"]).await;
    assert_eq!(field, [["dni", "1", "provider:whatsapp"]]);
    // What was supplied can be asked for again.
    desk.gives(C::RequestData { fields: BTreeSet::from(["dni".to_owned()]) });
    let field = desk.story.list("ticket_fields", "field", &["field", "value", "supplied_at"]).await;
    assert_eq!(field, [["dni", "1", "-"]]);
    desk.gives(C::Resolve {
        resolution: Some(words("Cambiado")),
        root_cause: Some("falla".into()),
        reopen_window_s: 60,
    });
    let columns = ["status", "resolution", "root_cause", "resolved_at", "reopen_until"];
    let (at, until) = (time(Some(desk.now)), time(Some(desk.now + TimeDelta::minutes(1))));
    assert_eq!(desk.row(&columns).await, ["RESOLVED", "Cambiado", "falla", &at, &until]);
    desk.gives(C::RequestSurvey);
    desk.gives(C::RecordCsat { score: 4, comment: Some(words("Bien")) });
    desk.waits(1);
    desk.gives(C::AutoClose { resolution: 1 });
    desk.gives(C::CreateFollowUp { subject: words("Otra vez"), category: None, priority: None });
    let columns = ["status", "closed_by", "reopen_until", "survey_score", "survey_comment"];
    assert_eq!(desk.row(&columns).await, ["CLOSED", "AUTO", "-", "4", "Bien"]);
    assert_eq!(desk.row(&["opened_at"]).await, [time(Some(opened))]);
    let follow_up = desk.ticket.follow_up().unwrap();
    assert_eq!(desk.row(&["follow_up_id"]).await, [follow_up.as_uuid().as_u128().to_string()]);
    assert_eq!(desk.refused, 0);
    let entries = desk.story.list("ticket_entries", "position", &["kind", "title", "text"]).await;
    let told: Vec<_> = entries.iter().map(|entry| entry.join(" ")).collect();
    assert_eq!(
        told,
        [
            "OPENED MANUAL No anda",
            "DATA_REQUESTED dni -",
            "ASSIGNED - -",
            "ESCALATED 2 cliente grande",
            "TAGGED vip -",
            "COMMENT - Lo vemos",
            "RESPONDED - -",
            "WAITING_CUSTOMER - ¿Cuál es tu DNI?",
            "DATA_SUPPLIED dni 1",
            "RESUMED - -",
            "DATA_REQUESTED dni -",
            "RESOLVED falla Cambiado",
            "SURVEY_REQUESTED - -",
            "RATED 4 Bien",
            "CLOSED AUTO -",
            "FOLLOW_UP_CREATED - Otra vez",
        ]
    );
}

#[tokio::test]
async fn a_merged_ticket_is_closed_and_tells_where_it_goes_on() {
    let mut desk = Desk::open(Some(policy(1, None)));
    let survivor = TicketId::new(Uuid::from_u128(78));
    desk.gives(C::MergeInto {
        survivor,
        survivor_contact: contact(),
        survivor_status: TicketStatus::New,
    });
    let columns = ["status", "closed_by", "merged_into_id", "first_response_sla", "awaiting_since"];
    assert_eq!(desk.row(&columns).await, ["CLOSED", "-", "78", "CANCELLED", "-"]);
    let clock = desk.clock(SlaTarget::FirstResponse, &["state", "pending", "due_at"]).await;
    assert_eq!(clock, ["CANCELLED", "false", "-"]);
}
