//! Every state against every command: what happens is what the table says, and what must never
//! happen is checked without looking at the table.

use std::collections::BTreeSet;
use std::path::Path;

use bitacora_domain::aggregates::conversation::{AssignedBy, Priority};
use bitacora_domain::aggregates::membership::MemberStatus;
use bitacora_domain::aggregates::ticket::matrix::{
    Ask, Stage, Standing, Survey, Verdict, judge, markdown,
};
use bitacora_domain::aggregates::ticket::{
    ClosedBy, PerTarget, SlaTarget, Ticket, TicketCategory, TicketCommand as C, TicketEvent as E,
    TicketLinkKind, TicketMacroStep, TicketOrigin, TicketStatus,
};
use bitacora_domain::{Actor, ActorKind, UserId};

use super::samples::{actor, held, id, names, opened_as, other, policy, resolved, sla_applied};
use super::{open, resolve};
use crate::support::ids::{AGENT, CONTACT, minute, personal};
use crate::support::{Case, Outcome, given};

/// When everything is tried: after what was due, before what is not.
const NOW: i64 = 100;

/// A ticket with something of everything, which then came to stand so. Not every state of the
/// product can be reached by commands; the law holds in all of them.
fn standing(at: Standing) -> Case<Ticket> {
    let mut history = vec![
        opened_as(TicketOrigin::Triage),
        E::TicketDataRequested {
            fields: names(&["amount"]),
            missing: names(&["amount"]),
            at: minute(0),
        },
        E::TicketAssigned {
            agent: Some(AGENT),
            team: None,
            previous_agent: None,
            previous_team: None,
            by: AssignedBy::User,
            at: minute(0),
        },
        sla_applied(),
    ];
    match at.survey {
        Survey::None => {}
        Survey::Asked => history.push(E::TicketSurveyRequested { at: minute(1) }),
        Survey::Answered => {
            history.push(E::TicketSurveyRequested { at: minute(1) });
            history.push(E::TicketRated { score: 4, comment: None, at: minute(1) });
        }
    }
    history.extend(brought_to(at.stage));
    if !matches!(at.stage, Stage::New | Stage::InProgress) {
        let elapsed_ms = PerTarget { first_response: Some(180_000), ..PerTarget::default() };
        history.push(E::SlaPaused { elapsed_ms, at: minute(3) });
    }
    let case = given::<Ticket>(history).at(NOW);
    assert_eq!(case.state.standing(minute(NOW)), at);
    case
}

fn brought_to(stage: Stage) -> Vec<E> {
    let started = E::TicketStarted { by: actor(), at: minute(2) };
    let from = TicketStatus::InProgress;
    let closed = E::TicketClosed { by: ClosedBy::User, at: minute(70) };
    match stage {
        Stage::New => vec![],
        Stage::NewHeld => vec![held(Some(90))],
        Stage::InProgress => vec![started],
        Stage::InProgressHeld => vec![started, held(Some(90))],
        Stage::WaitingCustomer => {
            vec![started, E::TicketWaitingCustomer { from, question: None, at: minute(3) }]
        }
        Stage::WaitingThirdParty => {
            vec![started, E::TicketWaitingThirdParty { from, party: None, at: minute(3) }]
        }
        Stage::Resolved => vec![started, resolved(200)],
        Stage::ResolvedForGood => vec![started, resolved(90)],
        Stage::Closed => vec![started, resolved(200), closed],
        Stage::Merged => {
            vec![E::TicketMerged { from, survivor: other(9), by: actor(), at: minute(3) }]
        }
    }
}

/// A command of each row that does something wherever nothing is against it.
fn sample(ask: Ask) -> C {
    let comment = || C::AddComment { public: true, body: personal("Ya lo miro") };
    match ask {
        Ask::Open => open(TicketOrigin::Triage),
        Ask::Triage => C::Triage {
            category: TicketCategory::Otro,
            priority: None,
            confidence_bp: 8_000,
            model: "llama-3.3-70b".to_owned(),
        },
        Ask::Assign => C::Assign {
            agent: Some(UserId::new(id(1))),
            agent_status: Some(MemberStatus::Active),
            team: None,
            by: AssignedBy::User,
        },
        Ask::Unassign => C::Unassign,
        Ask::Escalate => C::Escalate { level: 2, reason: "Cliente importante".to_owned() },
        Ask::StartWork => C::StartWork,
        Ask::WaitForCustomer => C::WaitForCustomer { question: Some(personal("¿Cuál?")) },
        Ask::WaitForThirdParty => C::WaitForThirdParty { party: Some("Correo".to_owned()) },
        Ask::CustomerReplied => C::CustomerReplied { message: None },
        Ask::Hold => C::Hold { reason: "Feria".to_owned(), until: Some(minute(500)) },
        Ask::ReleaseHold => C::ReleaseHold,
        Ask::EndHold => C::EndHold { hold: 1 },
        Ask::RequestData => C::RequestData { fields: names(&["order_number"]) },
        Ask::SupplyData => C::SupplyData { field: "amount".to_owned(), value: personal("90") },
        Ask::CommentOfTeam | Ask::CommentOfContact => comment(),
        Ask::ChangeCategory => C::ChangeCategory { category: TicketCategory::Otro },
        Ask::ChangePriority => C::ChangePriority { priority: Priority::Urgent },
        Ask::SetTags => C::SetTags { tags: names(&["vip"]) },
        Ask::Summarise => C::Summarise {
            summary: personal("Le cobraron dos veces"),
            model: "llama-3.3-70b".to_owned(),
            prompt_version: "4".to_owned(),
            tokens: 12,
        },
        Ask::ApplyMacro => C::ApplyMacro {
            macro_id: id(2),
            version: 1,
            steps: vec![TicketMacroStep::SetTags { tags: names(&["vip"]) }],
        },
        Ask::ApplySlaPolicy => {
            let mut policy = policy();
            policy.version += 1;
            C::ApplySlaPolicy { policy: Box::new(policy) }
        }
        Ask::RecordFirstResponse => C::RecordFirstResponse { at: minute(NOW) },
        Ask::RecordResponse => C::RecordResponse { at: minute(NOW) },
        Ask::CheckSla => C::CheckSla { target: SlaTarget::FirstResponse },
        Ask::Resolve => resolve(600),
        Ask::Reopen => C::Reopen { reason: None },
        Ask::Close => C::Close,
        Ask::AutoClose => C::AutoClose { resolution: 1 },
        Ask::MergeInto => C::MergeInto {
            survivor: other(3),
            survivor_contact: CONTACT,
            survivor_status: TicketStatus::New,
        },
        Ask::RecordMerge => C::RecordMerge { source: other(4) },
        Ask::Split => C::Split { subject: personal("Otra cosa"), category: None, priority: None },
        Ask::CreateFollowUp => {
            C::CreateFollowUp { subject: personal("Otra vez"), category: None, priority: None }
        }
        Ask::Link => C::Link { kind: TicketLinkKind::Shipment, id: id(5) },
        Ask::RequestSurvey => C::RequestSurvey,
        Ask::RecordCsat => C::RecordCsat { score: 5, comment: None },
    }
}

fn who(ask: Ask) -> Actor {
    if ask == Ask::CommentOfContact { Actor::new(ActorKind::Contact, "whatsapp") } else { actor() }
}

#[test]
fn every_state_of_the_product_meets_every_command_as_the_table_says() {
    let mut cells = 0;
    let mut refusals = BTreeSet::new();
    for at in Standing::all() {
        let case = standing(at);
        for &ask in Ask::ALL {
            let outcome = case.clone().by(who(ask)).when(sample(ask));
            let verdict = judge(ask, at);
            let here = format!("{} at {at:?}", ask.name());
            check_cell(&outcome, verdict, &here);
            check_never(at, &outcome, &here);
            refusals.extend(verdict.code());
            cells += 1;
        }
    }
    assert_eq!(Standing::all().count(), 30);
    assert_eq!(Ask::ALL.len(), 36);
    assert_eq!(cells, 30 * 36);
    println!("{cells} cells: 30 states × {} rows, {} codes", Ask::ALL.len(), refusals.len());
}

#[track_caller]
fn check_cell(outcome: &Outcome<Ticket>, verdict: Verdict, here: &str) {
    match (&outcome.result, verdict) {
        (Ok(events), Verdict::Go) => assert!(!events.is_empty(), "nothing: {here}"),
        (Ok(events), Verdict::Nothing) => assert_eq!(events, &[], "{here}"),
        (Err(refusal), Verdict::Refuse(expected)) => {
            assert_eq!(*refusal, expected, "{here}");
            assert_eq!(outcome.summary(), format!("!{}", verdict.code().unwrap()));
        }
        (result, verdict) => panic!("{result:?}, but the table says {verdict:?}: {here}"),
    }
}

/// What must never happen, whatever the table says.
#[track_caller]
fn check_never(at: Standing, outcome: &Outcome<Ticket>, here: &str) {
    let after = outcome.case.state.status();
    assert!(allowed(status(at.stage)).contains(&after), "→ {after:?}: {here}");
    if at.stage == Stage::Merged {
        assert!(
            outcome.result.as_ref().is_ok_and(Vec::is_empty) || outcome.result.is_err(),
            "{here}"
        );
    }
    for event in outcome.result.iter().flatten() {
        if let E::TicketReopened { .. } = event {
            assert_eq!(at.stage, Stage::Resolved, "{here}");
        }
        if let E::TicketRated { .. } = event {
            assert_eq!(at.survey, Survey::Asked, "{here}");
        }
        if let E::SlaBreached { .. } = event {
            assert!(matches!(at.stage, Stage::New | Stage::InProgress), "{here}");
        }
    }
}

fn status(stage: Stage) -> TicketStatus {
    match stage {
        Stage::New | Stage::NewHeld => TicketStatus::New,
        Stage::InProgress | Stage::InProgressHeld => TicketStatus::InProgress,
        Stage::WaitingCustomer => TicketStatus::WaitingCustomer,
        Stage::WaitingThirdParty => TicketStatus::WaitingThirdParty,
        Stage::Resolved | Stage::ResolvedForGood => TicketStatus::Resolved,
        Stage::Closed => TicketStatus::Closed,
        Stage::Merged => TicketStatus::Merged,
    }
}

/// The transitions of aggregates §2.8, and staying.
pub(super) fn allowed(from: TicketStatus) -> &'static [TicketStatus] {
    use TicketStatus::{
        Closed, InProgress, Merged, New, Resolved, WaitingCustomer, WaitingThirdParty,
    };
    match from {
        New => &[New, InProgress, WaitingCustomer, Resolved, Merged],
        InProgress => &[InProgress, WaitingCustomer, WaitingThirdParty, Resolved, Merged],
        WaitingCustomer => &[WaitingCustomer, InProgress, Resolved, Merged],
        WaitingThirdParty => &[WaitingThirdParty, InProgress, Resolved, Merged],
        Resolved => &[Resolved, InProgress, Closed],
        Closed => &[Closed],
        Merged => &[Merged],
    }
}

#[test]
fn every_sample_belongs_to_its_row() {
    for &ask in Ask::ALL {
        assert_eq!(Ask::of(&sample(ask), ask == Ask::CommentOfContact), ask);
    }
    let names: BTreeSet<_> = Ask::ALL.iter().map(|ask| ask.name()).collect();
    assert_eq!(names.len(), Ask::ALL.len(), "two rows of one name");
}

#[test]
fn before_the_opening_there_is_nothing_but_the_opening() {
    for &ask in Ask::ALL {
        let expected = if ask == Ask::Open { "TicketOpened" } else { "!TICKET_NOT_FOUND" };
        assert_eq!(given::<Ticket>([]).when(sample(ask)).summary(), expected, "{ask:?}");
    }
}

/// The table in the documentation is the one in the code.
#[test]
fn the_rendered_table_is_in_the_documentation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/TICKET.md");
    let (begin, end) = ("<!-- matrix:begin -->\n", "<!-- matrix:end -->");
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(begin).expect("no matrix:begin in docs/TICKET.md");
    let (table, tail) = rest.split_once(end).expect("no matrix:end in docs/TICKET.md");
    let today = markdown();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{head}{begin}{today}{end}{tail}")).unwrap();
    } else {
        assert!(table == today, "docs/TICKET.md has drifted: BLESS=1 rewrites the table");
    }
}
