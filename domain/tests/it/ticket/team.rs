//! What the team does: assignment, escalation, comments, data, classification, macros, opinions.

use bitacora_domain::aggregates::conversation::{AssignedBy, Priority};
use bitacora_domain::aggregates::membership::MemberStatus;
use bitacora_domain::aggregates::ticket::{
    Ticket, TicketCategory, TicketCommand as C, TicketEvent as E, TicketMacroStep as M,
    TicketStatus,
};
use bitacora_domain::{Actor, ActorKind};

use super::samples::{actor, id, names};
use super::{contact, new, resolve, started};
use crate::support::Case;
use crate::support::ids::{AGENT, hidden, minute, personal};

fn assign(status: Option<MemberStatus>) -> C {
    C::Assign { agent: Some(AGENT), agent_status: status, team: None, by: AssignedBy::User }
}

#[test]
fn only_an_active_member_is_given_a_ticket() {
    use MemberStatus::{Active, Invited, Removed, Suspended};
    for status in [None, Some(Invited), Some(Suspended), Some(Removed)] {
        new().when(assign(status)).then_refused("ASSIGNEE_NOT_ACTIVE");
    }
    let given = new().when(assign(Some(Active))).then([E::TicketAssigned {
        agent: Some(AGENT),
        team: None,
        previous_agent: None,
        previous_team: None,
        by: AssignedBy::User,
        at: minute(0),
    }]);
    given.clone().when(assign(Some(Active))).then_nothing();
    let step = M::Assign { agent: Some(AGENT), agent_status: Some(Suspended), team: None };
    let steps = vec![M::StartWork, step];
    new()
        .when(C::ApplyMacro { macro_id: id(1), version: 1, steps })
        .then_refused("ASSIGNEE_NOT_ACTIVE");
    let free = given.when(C::Unassign).then([E::TicketUnassigned {
        previous_agent: Some(AGENT),
        previous_team: None,
        at: minute(0),
    }]);
    free.when(C::Unassign).then_nothing();
}

#[test]
fn a_team_needs_no_proof_but_a_name() {
    let team = |team: &str| C::Assign {
        agent: None,
        agent_status: None,
        team: Some(team.to_owned()),
        by: AssignedBy::Policy,
    };
    assert_eq!(new().when(team("cobros")).summary(), "TicketAssigned");
    new().when(team(" ")).then_refused("INVALID_TEAM");
    new().when(team(&"x".repeat(61))).then_refused("INVALID_TEAM");
    let nobody = C::Assign { agent: None, agent_status: None, team: None, by: AssignedBy::User };
    new().when(nobody).then_refused("ASSIGNEE_REQUIRED");
}

#[test]
fn an_escalation_goes_up() {
    let to = |level| C::Escalate { level, reason: " Urge ".to_owned() };
    let first = new().when(to(2)).then([E::TicketEscalated {
        from_level: 0,
        level: 2,
        reason: "Urge".to_owned(),
        by: actor(),
        at: minute(0),
    }]);
    for level in [0, 1, 2, 10] {
        first.clone().when(to(level)).then_refused("INVALID_ESCALATION");
    }
    assert_eq!(first.when(to(9)).summary(), "TicketEscalated");
    new().when(C::Escalate { level: 1, reason: String::new() }).then_refused("INVALID_REASON");
}

fn comment(public: bool) -> C {
    C::AddComment { public, body: personal(" Ya lo miro ") }
}

#[test]
fn a_public_comment_of_a_person_answers_and_a_private_one_does_not() {
    assert_eq!(new().when(comment(false)).summary(), "TicketCommented");
    let answered = new().at(3).when(comment(true));
    assert_eq!(answered.summary(), "TicketCommented+TicketResponded");
    let events = answered.result.unwrap();
    assert!(
        matches!(&events[0], E::TicketCommented { body, .. } if *body == personal("Ya lo miro"))
    );
    assert_eq!(
        events[1],
        E::TicketResponded { first: true, turn: 0, waited_ms: 180_000, by: actor(), at: minute(3) }
    );
    assert_eq!(answered.case.when(comment(true)).summary(), "TicketCommented");
    for kind in [ActorKind::Ai, ActorKind::System, ActorKind::Provider] {
        let outcome = new().by(Actor::new(kind, "x")).when(comment(true));
        assert_eq!(outcome.summary(), "TicketCommented", "{kind:?}");
    }
}

#[test]
fn a_comment_of_the_contact_is_public_and_a_reply() {
    let waiting = || new().after(C::WaitForCustomer { question: None }).by(contact());
    assert_eq!(
        waiting().when(comment(true)).summary(),
        "TicketCommented+TicketCustomerReplied+TicketResumed"
    );
    waiting().when(comment(false)).then_refused("COMMENT_MUST_BE_PUBLIC");
    let resolved = new().after(resolve(600)).by(contact());
    assert_eq!(
        resolved.clone().when(comment(true)).summary(),
        "TicketCommented+TicketCustomerReplied+TicketReopened"
    );
    resolved.at(10).when(comment(true)).then_refused("REOPEN_WINDOW_OVER");
    new().when(C::AddComment { public: true, body: hidden() }).then_refused("INVALID_COMMENT");
    let long = personal(&"x".repeat(10_001));
    new().when(C::AddComment { public: true, body: long }).then_refused("INVALID_COMMENT");
}

fn supply(field: &str, value: &str) -> C {
    C::SupplyData { field: field.to_owned(), value: personal(value) }
}

#[test]
fn data_are_asked_for_and_supplied() {
    let ask = |fields: &[&str]| C::RequestData { fields: names(fields) };
    let asked = new().after(ask(&["order_number", "amount"]));
    asked.clone().when(ask(&["amount"])).then_nothing();
    let waiting = asked.after(C::WaitForCustomer { question: None });
    let one = waiting.when(supply("amount", "90")).then([E::TicketDataSupplied {
        field: "amount".to_owned(),
        value: personal("90"),
        missing: names(&["order_number"]),
        at: minute(0),
    }]);
    // The last one ends the waiting; a correction changes nothing else.
    let all = one.when(supply("order_number", "A-77"));
    assert_eq!(all.summary(), "TicketDataSupplied+TicketResumed");
    let again = all.case.after(C::WaitForCustomer { question: None });
    assert_eq!(again.clone().when(supply("amount", "91")).summary(), "TicketDataSupplied");
    again.clone().when(supply("colour", "rojo")).then_refused("FIELD_NOT_REQUESTED");
    again.clone().when(supply("amount", " ")).then_refused("INVALID_FIELD_VALUE");
    let anew = again.after(ask(&["amount"]));
    assert_eq!(anew.state.missing(), names(&["amount"]));
}

#[test]
fn no_more_is_asked_for_than_is_bearable() {
    let ask = |fields: std::ops::Range<u32>| C::RequestData {
        fields: fields.map(|n| format!("f{n}")).collect(),
    };
    new().when(ask(0..0)).then_refused("INVALID_FIELDS");
    new().when(ask(0..21)).then_refused("INVALID_FIELDS");
    new().when(C::RequestData { fields: names(&[" "]) }).then_refused("INVALID_FIELDS");
    let many = new().after(ask(0..20)).after(ask(20..40)).after(ask(35..50));
    many.when(ask(49..51)).then_refused("TOO_MANY_FIELDS");
}

#[test]
fn triage_sets_category_and_priority() {
    let triage = |category, confidence_bp, model: &str| C::Triage {
        category,
        priority: None,
        confidence_bp,
        model: model.to_owned(),
    };
    let outcome = new().when(triage(TicketCategory::Reclamo, 8_000, "m"));
    assert_eq!(outcome.summary(), "TicketTriaged+TicketReclassified+TicketPriorityChanged");
    assert_eq!(outcome.case.state.priority(), Priority::High);
    assert_eq!(outcome.case.state.category(), Some(TicketCategory::Reclamo));
    let again = outcome.case.when(triage(TicketCategory::Reclamo, 8_000, "m"));
    assert_eq!(again.summary(), "TicketTriaged");
    new().when(triage(TicketCategory::Info, 10_001, "m")).then_refused("INVALID_TICKET_TRIAGE");
    new().when(triage(TicketCategory::Info, 1, "")).then_refused("INVALID_TICKET_TRIAGE");
}

#[test]
fn tags_are_kept_in_lower_case_and_are_bounded() {
    let tag = |tags: &[&str]| C::SetTags { tags: names(tags) };
    let tagged = new()
        .when(tag(&["VIP", " Cobros"]))
        .then([E::TicketTagged { tags: names(&["cobros", "vip"]), at: minute(0) }]);
    tagged.clone().when(tag(&["cobros", "Vip"])).then_nothing();
    assert_eq!(tagged.when(tag(&[])).summary(), "TicketTagged");
    new().when(tag(&[" "])).then_refused("INVALID_TAGS");
    new()
        .when(C::SetTags { tags: (0..51).map(|n| n.to_string()).collect() })
        .then_refused("INVALID_TAGS");
}

fn run(case: Case<Ticket>, steps: Vec<M>) -> crate::support::Outcome<Ticket> {
    case.when(C::ApplyMacro { macro_id: id(1), version: 2, steps })
}

#[test]
fn a_macro_does_all_of_its_steps_or_none() {
    let steps = vec![
        M::StartWork,
        M::ChangeCategory { category: TicketCategory::Reclamo },
        M::ChangePriority { priority: Priority::Urgent },
        M::SetTags { tags: names(&["vip"]) },
        M::Escalate { level: 1, reason: "Urge".to_owned() },
        M::RequestData { fields: names(&["amount"]) },
        M::AddComment { public: true, body: personal("Ya lo miro") },
        M::WaitForCustomer { question: None },
    ];
    let outcome = run(new(), steps);
    assert_eq!(
        outcome.summary(),
        "TicketMacroApplied+TicketStarted+TicketReclassified+TicketPriorityChanged+TicketTagged\
         +TicketEscalated+TicketDataRequested+TicketCommented+TicketResponded\
         +TicketWaitingCustomer"
    );
    assert_eq!(outcome.case.state.status(), TicketStatus::WaitingCustomer);
    let wait = || M::WaitForThirdParty { party: Some("Correo".to_owned()) };
    run(new(), vec![M::SetTags { tags: names(&["vip"]) }, wait()])
        .then_refused("TICKET_NOT_STARTED");
    run(started(), vec![]).then_refused("INVALID_MACRO");
    run(started(), vec![M::StartWork; 21]).then_refused("INVALID_MACRO");
    let hold = M::Hold { reason: "Feria".to_owned(), until: None };
    let resolve = M::Resolve { resolution: None, root_cause: None, reopen_window_s: 60 };
    let outcome = run(started(), vec![hold, wait(), resolve]);
    assert_eq!(
        outcome.summary(),
        "TicketMacroApplied+TicketHeld+TicketHoldEnded+TicketWaitingThirdParty+TicketResolved"
    );
}

#[test]
fn comments_of_one_macro_have_ids_of_their_own() {
    let comment = || M::AddComment { public: false, body: personal("Visto") };
    let events = run(new(), vec![comment(), comment()]).result.unwrap();
    let ids: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            E::TicketCommented { comment, .. } => Some(*comment),
            _ => None,
        })
        .collect();
    assert!(ids.len() == 2 && ids[0] != ids[1]);
}

#[test]
fn a_summary_is_of_a_model_and_bounded() {
    let with = |summary: &str, model: &str, tokens| C::Summarise {
        summary: personal(summary),
        model: model.to_owned(),
        prompt_version: "4".to_owned(),
        tokens,
    };
    assert_eq!(new().when(with("Cobro doble", "m", 3)).summary(), "TicketSummarised");
    for bad in [with("", "m", 3), with("x", " ", 3), with("x", "m", -1)] {
        new().when(bad).then_refused("INVALID_SUMMARY");
    }
}

#[test]
fn the_contact_rates_once_when_asked() {
    let rate =
        |score, comment: Option<&str>| C::RecordCsat { score, comment: comment.map(personal) };
    let resolved = started().after(resolve(600));
    resolved.clone().when(rate(5, None)).then_refused("TICKET_SURVEY_NOT_REQUESTED");
    started().when(C::RequestSurvey).then_refused("TICKET_NOT_RESOLVED");
    let asked = resolved.after(C::RequestSurvey);
    asked.clone().when(C::RequestSurvey).then_nothing();
    for score in [0, 6] {
        asked.clone().when(rate(score, None)).then_refused("INVALID_SCORE");
    }
    asked.clone().when(rate(5, Some(" "))).then_refused("INVALID_SURVEY_COMMENT");
    asked
        .after(C::Close)
        .when(rate(5, Some(" Rápido ")))
        .then([E::TicketRated { score: 5, comment: Some(personal("Rápido")), at: minute(0) }])
        .when(rate(4, None))
        .then_refused("TICKET_ALREADY_RATED");
}
