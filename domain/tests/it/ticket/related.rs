//! What belongs to it: claims, merges, splits, follow-ups, links.

use bitacora_domain::aggregates::conversation::Priority;
use bitacora_domain::aggregates::ticket::{
    Ticket, TicketCategory, TicketCommand as C, TicketEvent as E, TicketLinkKind, TicketOrigin,
    TicketStatus,
};
use bitacora_domain::{Claim, ContactId, TicketId};
use serde_json::json;

use super::samples::{actor, id, other};
use super::{new, open, resolve, started};
use crate::support::ids::{CONTACT, CONVERSATION, TICKET, minute, personal};
use crate::support::{command_id, given};

fn key(category: &str) -> String {
    format!("{CONVERSATION}|{category}")
}

/// F-CS: a ticket for every conversation. There is one per conversation and category.
#[test]
fn what_opens_by_itself_is_open_once_per_conversation_and_category() {
    for origin in TicketOrigin::ALL {
        let opened = given::<Ticket>([]).when(open(origin));
        let auto = |claim| if origin.is_automatic() { vec![claim] } else { vec![] };
        assert_eq!(
            opened.claims(),
            auto(Claim::take("ticket.auto", key("FACTURACION"), TICKET)),
            "{origin:?}"
        );
        let resolved = opened.case.after(C::StartWork).when(resolve(600));
        assert_eq!(resolved.claims(), [], "it can still be reopened");
        let release = Claim::release("ticket.auto", key("FACTURACION"), TICKET);
        assert_eq!(resolved.case.when(C::Close).claims(), auto(release));
    }
    let mut alone = open(TicketOrigin::Call);
    if let C::Open { conversation, .. } = &mut alone {
        *conversation = None;
    }
    assert_eq!(given::<Ticket>([]).when(alone).claims(), []);
}

#[test]
fn another_category_is_another_claim() {
    let opened = given::<Ticket>([]).after(open(TicketOrigin::Triage));
    let changed = opened.when(C::ChangeCategory { category: TicketCategory::Reclamo });
    assert_eq!(
        changed.claims(),
        [
            Claim::release("ticket.auto", key("FACTURACION"), TICKET),
            Claim::take("ticket.auto", key("RECLAMO"), TICKET),
        ]
    );
    let merged = changed.case.when(merge(other(2)));
    assert_eq!(merged.claims()[0], Claim::release("ticket.auto", key("RECLAMO"), TICKET));
}

#[test]
fn the_conversation_learns_of_its_ticket() {
    let effects = given::<Ticket>([]).when(open(TicketOrigin::Manual)).effects();
    assert_eq!(effects.len(), 1);
    assert_eq!(effects[0].due, None);
    let expected = json!({
        "aggregate_type": "conversation",
        "aggregate_id": CONVERSATION.to_string(),
        "body": {"LinkEntity": {"kind": "TICKET", "id": TICKET.to_string()}},
    });
    assert_eq!(effects[0].payload, expected);
}

fn merge(survivor: TicketId) -> C {
    C::MergeInto { survivor, survivor_contact: CONTACT, survivor_status: TicketStatus::InProgress }
}

#[test]
fn a_merged_ticket_is_read_only_and_points_to_the_survivor() {
    let outcome = new().at(5).when(merge(other(2)));
    let (own, survivor) = (TICKET.to_string(), other(2).to_string());
    assert_eq!(
        outcome.claims(),
        [
            Claim::release("ticket.matter", &own, &own),
            Claim::take("ticket.matter", &own, &survivor),
            Claim::take("ticket.matter", &survivor, &survivor),
        ]
    );
    let effects = outcome.effects();
    assert_eq!(effects[0].payload["aggregate_id"], json!(survivor));
    assert_eq!(effects[0].payload["body"], json!({"RecordMerge": {"source": own}}));
    let merged = outcome.then([E::TicketMerged {
        from: TicketStatus::New,
        survivor: other(2),
        by: actor(),
        at: minute(5),
    }]);
    assert_eq!(merged.state.merged_into(), Some(other(2)));
    merged.clone().when(merge(other(2))).then_nothing();
    merged.clone().when(merge(other(3))).then_refused("TICKET_MERGED");
    merged.when(C::Unassign).then_refused("TICKET_MERGED");
}

/// The claims alone keep merges from going round in a circle, whoever comes first.
#[test]
fn merges_never_go_round_in_a_circle() {
    use bitacora_domain::ClaimOp;
    use std::collections::BTreeMap;
    let ids = [TICKET, other(2), other(3)];
    let claims = |from: TicketId, to: TicketId| {
        let mut opened = super::opened_as(TicketOrigin::Manual);
        if let E::TicketOpened { ticket, .. } = &mut opened {
            *ticket = from;
        }
        given::<Ticket>([opened]).of(&from.to_string()).when(merge(to)).claims()
    };
    // Every order of every three merges among three tickets.
    let pairs: Vec<_> = ids
        .iter()
        .flat_map(|from| ids.iter().map(move |to| (*from, *to)))
        .filter(|(from, to)| from != to)
        .collect();
    let mut tried = 0;
    for first in &pairs {
        for second in &pairs {
            for third in &pairs {
                let mut owners: BTreeMap<String, String> = BTreeMap::new();
                let mut gone: BTreeMap<TicketId, TicketId> = BTreeMap::new();
                for (from, to) in [first, second, third] {
                    if gone.contains_key(from) {
                        continue;
                    }
                    let mut net = owners.clone();
                    let won = claims(*from, *to).into_iter().all(|claim| {
                        let holder = net.get(&claim.key).cloned();
                        let mine = holder.as_ref().is_none_or(|owner| *owner == claim.owner);
                        match claim.op {
                            ClaimOp::Release if mine => {
                                net.remove(&claim.key);
                            }
                            ClaimOp::Take if mine => {
                                net.insert(claim.key, claim.owner);
                            }
                            ClaimOp::Release => {}
                            ClaimOp::Take => return false,
                        }
                        true
                    });
                    if won {
                        owners = net;
                        gone.insert(*from, *to);
                    }
                }
                for start in ids {
                    let hops = std::iter::successors(Some(start), |at| gone.get(at).copied());
                    assert!(hops.take(10).count() <= 3, "a circle: {gone:?}");
                }
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 216);
}

#[test]
fn a_merge_needs_another_open_ticket_of_the_same_contact() {
    new().when(merge(TICKET)).then_refused("TICKET_MERGE_INTO_ITSELF");
    let with = |contact, status| C::MergeInto {
        survivor: other(2),
        survivor_contact: contact,
        survivor_status: status,
    };
    let stranger = ContactId::new(id(9));
    new().when(with(stranger, TicketStatus::New)).then_refused("TICKET_MERGE_OTHER_CONTACT");
    for over in [TicketStatus::Closed, TicketStatus::Merged] {
        new().when(with(CONTACT, over)).then_refused("TICKET_SURVIVOR_OVER");
    }
    let recorded = new().after(C::RecordMerge { source: other(5) });
    recorded.when(C::RecordMerge { source: other(5) }).then_nothing();
}

/// The ticket that the first command of a case makes.
fn made(n: u128) -> TicketId {
    TicketId::new(command_id(n).derive("id:0"))
}

#[test]
fn a_split_opens_a_ticket_of_its_own() {
    let priority = Some(Priority::Low);
    let outcome =
        new().when(C::Split { subject: personal(" Otra cosa "), category: None, priority });
    let effects = outcome.effects();
    assert_eq!(effects[0].payload["aggregate_id"], json!(made(1).to_string()));
    let body: C = serde_json::from_value(effects[0].payload["body"].clone()).unwrap();
    outcome.then([E::TicketSplit {
        into: made(1),
        subject: personal("Otra cosa"),
        category: TicketCategory::Facturacion,
        priority: Priority::Low,
        at: minute(0),
    }]);
    let child = given::<Ticket>([]).of(&made(1).to_string()).when(body);
    assert_eq!(child.summary(), "TicketOpened");
    assert_eq!(child.case.state.contact(), Some(CONTACT));
    assert_eq!(child.case.state.conversation(), Some(CONVERSATION));
    new()
        .when(C::Split { subject: personal(""), category: None, priority: None })
        .then_refused("INVALID_SUBJECT");
}

#[test]
fn closed_is_final_and_goes_on_in_one_follow_up() {
    let follow = || C::CreateFollowUp {
        subject: personal("Otra vez"),
        category: Some(TicketCategory::Reclamo),
        priority: None,
    };
    started().when(follow()).then_refused("TICKET_NOT_CLOSED");
    started().after(resolve(600)).when(follow()).then_refused("TICKET_NOT_CLOSED");
    let closed = started().after(resolve(600)).after(C::Close);
    closed.clone().when(C::Reopen { reason: None }).then_refused("TICKET_CLOSED");
    let outcome = closed.when(follow());
    assert_eq!(outcome.summary(), "TicketFollowUpCreated");
    let next = outcome.case.state.follow_up().unwrap();
    let effects = outcome.effects();
    assert_eq!(effects[0].payload["body"]["Open"]["origin"], "FOLLOW_UP");
    assert_eq!(effects[0].payload["body"]["Open"]["parent"], json!(TICKET.to_string()));
    let body: C = serde_json::from_value(effects[0].payload["body"].clone()).unwrap();
    let child = given::<Ticket>([]).of(&next.to_string()).when(body);
    assert_eq!(child.summary(), "TicketOpened");
    assert_eq!(child.case.state.category(), Some(TicketCategory::Reclamo));
    outcome.case.when(follow()).then_refused("FOLLOW_UP_EXISTS");
}

/// CS-16, CS-19: shipments and calls belong to tickets.
#[test]
fn links_are_made_once_and_are_bounded() {
    let link = |n| C::Link { kind: TicketLinkKind::Shipment, id: id(n) };
    let linked = new().when(link(1)).then([E::TicketLinked {
        kind: TicketLinkKind::Shipment,
        id: id(1),
        at: minute(0),
    }]);
    let mut case = linked.when(link(1)).then_nothing();
    for n in 2..=100 {
        case = case.after(link(n));
    }
    case.clone().when(link(7)).then_nothing();
    case.when(link(101)).then_refused("TOO_MANY_LINKS");
}
