//! Membership: standing, roles, owners, what is counted and what is claimed.

use bitacora_domain::aggregates::membership::{
    EMAIL_CLAIM, INVITATION_CLAIM, Membership, MembershipCommand as C, USER_CLAIM,
};
use bitacora_domain::{Claim, ClaimOp, DomainAggregate, Meter, Role, Tally, UserId};
use uuid::Uuid;

use crate::support::ids::{AGENT, minute};
use crate::support::people::{hash, of_invitee, of_user};
use crate::support::{Case, Outcome, given};

const EMAIL: &str = "ines@optica.test";
const OTHER: UserId = UserId::new(Uuid::from_u128(0xB0));
const ADMIN: Option<Role> = Some(Role::Admin);

fn invite(email: &str, n: u8, role: Role) -> C {
    let (token_hash, expires_at) = (hash(n), minute(60));
    C::Invite { email: of_invitee(email), role, token_hash, expires_at, by: Some(Role::Owner) }
}

fn accept(user: UserId, email: &str) -> C {
    C::Accept { user, email: of_user(user, email), name: of_user(user, "Inés") }
}

fn add(user: UserId, role: Role) -> C {
    let (email, name) = (of_user(user, EMAIL), of_user(user, "Inés"));
    C::Add { user, email, name, role, by: None }
}

fn change(role: Role, by: Option<Role>) -> C {
    C::ChangeRole { role, by }
}

fn suspend(by: Option<Role>) -> C {
    C::Suspend { reason: None, by }
}

fn remove(by: Option<Role>) -> C {
    C::Remove { reason: None, by }
}

fn nobody() -> Case<Membership> {
    given::<Membership>([])
}

fn invited() -> Case<Membership> {
    nobody().after(invite(EMAIL, 1, Role::Agent))
}

fn active() -> Case<Membership> {
    invited().after(accept(AGENT, EMAIL))
}

fn suspended() -> Case<Membership> {
    active().after(suspend(None))
}

fn removed() -> Case<Membership> {
    active().after(remove(None))
}

/// Columns: nobody, INVITED, ACTIVE, SUSPENDED, REMOVED.
#[rustfmt::skip]
fn matrix() -> Vec<(C, [&'static str; 5])> {
    const NONE: &str = "!MEMBER_NOT_FOUND";
    const THERE: &str = "!ALREADY_MEMBER";
    const IDLE: &str = "!MEMBER_NOT_ACTIVE";
    const GONE: &str = "!MEMBER_REMOVED";
    const VOID: &str = "!INVITATION_INVALID";
    let skills = || ["Lentes".to_owned()].into();
    vec![
        (invite(EMAIL, 2, Role::Agent), ["MemberInvited", "MemberInvited", THERE, THERE, "MemberInvited"]),
        (invite("otra@optica.test", 2, Role::Agent), ["MemberInvited", THERE, THERE, THERE, "MemberInvited"]),
        (accept(AGENT, EMAIL), [NONE, "InvitationAccepted", "-", THERE, VOID]),
        (accept(OTHER, EMAIL), [NONE, "InvitationAccepted", THERE, THERE, VOID]),
        (accept(AGENT, "otra@optica.test"), [NONE, VOID, "-", THERE, VOID]),
        (add(AGENT, Role::Agent), ["MemberAdded", "MemberAdded", "-", THERE, "MemberAdded"]),
        (add(OTHER, Role::Agent), ["MemberAdded", "MemberAdded", THERE, THERE, "MemberAdded"]),
        (add(AGENT, Role::Admin), ["MemberAdded", "MemberAdded", THERE, THERE, "MemberAdded"]),
        (change(Role::Agent, ADMIN), [NONE, "-", "-", "-", GONE]),
        (change(Role::Viewer, ADMIN), [NONE, "MemberRoleChanged", "MemberRoleChanged", "MemberRoleChanged", GONE]),
        (suspend(ADMIN), [NONE, IDLE, "MemberSuspended", "-", GONE]),
        (C::Reactivate { by: ADMIN }, [NONE, "!MEMBER_NOT_SUSPENDED", "-", "MemberReactivated", GONE]),
        (remove(ADMIN), [NONE, "MemberRemoved", "MemberRemoved", "MemberRemoved", "-"]),
        (C::Rename { name: of_user(AGENT, "I.") }, [NONE, IDLE, "MemberRenamed", "MemberRenamed", "MemberRenamed"]),
        (C::SetAvailability { available: true }, [NONE, IDLE, "-", IDLE, GONE]),
        (C::SetAvailability { available: false }, [NONE, IDLE, "MemberAvailabilityChanged", IDLE, GONE]),
        (C::SetCapacity { capacity: 10 }, [NONE, IDLE, "-", IDLE, GONE]),
        (C::SetCapacity { capacity: 200 }, [NONE, IDLE, "MemberCapacityChanged", IDLE, GONE]),
        (C::SetCapacity { capacity: 201 }, [NONE, "!INVALID_CAPACITY", "!INVALID_CAPACITY", "!INVALID_CAPACITY", "!INVALID_CAPACITY"]),
        (C::SetSkills { skills: skills() }, [NONE, IDLE, "MemberSkillsChanged", IDLE, GONE]),
    ]
}

#[test]
fn every_state_meets_every_command() {
    for (command, row) in matrix() {
        let cases = [nobody(), invited(), active(), suspended(), removed()];
        for (case, cell) in cases.into_iter().zip(row) {
            let status = case.state.status();
            let summary = case.when(command.clone()).summary();
            assert_eq!(summary, cell, "{command:?} on {status:?}");
        }
    }
}

#[test]
fn only_an_owner_makes_or_unmakes_an_owner() {
    let owner = || nobody().after(add(AGENT, Role::Owner));
    let off = || owner().after(suspend(None));
    for by in Role::ALL.into_iter().filter(|role| *role != Role::Owner).map(Some) {
        let refused = |case: Case<Membership>, command| {
            case.when(command).then_refused("OWNER_REQUIRED");
        };
        refused(active(), change(Role::Owner, by));
        refused(owner(), change(Role::Agent, by));
        refused(owner(), suspend(by));
        refused(off(), C::Reactivate { by });
        refused(owner(), remove(by));
        let C::Invite { email, token_hash, expires_at, .. } = invite(EMAIL, 1, Role::Owner) else {
            panic!("not an invitation")
        };
        refused(nobody(), C::Invite { email, role: Role::Owner, token_hash, expires_at, by });
    }
    for by in [Some(Role::Owner), None] {
        active().after(change(Role::Owner, by));
        owner().after(change(Role::Agent, by)).after(remove(ADMIN));
    }
}

#[test]
fn an_invitation_is_good_once_for_one_address_and_for_a_while() {
    let case = invited();
    assert!(case.state.is_invited(&hash(1), minute(59)));
    assert!(!case.state.is_invited(&hash(1), minute(60)));
    assert!(!case.state.is_invited(&hash(2), minute(1)));
    case.clone().at(60).when(accept(AGENT, EMAIL)).then_refused("INVITATION_INVALID");
    let again = case.after(invite(EMAIL, 2, Role::Agent));
    assert!(!again.state.is_invited(&hash(1), minute(1)), "void since the second one");
    assert!(!active().state.is_invited(&hash(1), minute(1)));
    nobody()
        .when(C::Invite {
            email: of_invitee(EMAIL),
            role: Role::Agent,
            token_hash: "bi_secret".to_owned(),
            expires_at: minute(60),
            by: ADMIN,
        })
        .then_refused("INVALID_INVITATION");
}

/// What the events of a command add to the meters.
fn tallies(outcome: &Outcome<Membership>) -> Vec<Tally> {
    let events = outcome.result.as_ref().unwrap();
    events.iter().flat_map(|event| outcome.case.state.tallies(event)).collect()
}

#[test]
fn active_members_are_counted_and_owners_besides() {
    const USER: Tally = Tally::one(Meter::Users);
    const OWNER: Tally = Tally::one(Meter::Owners);
    const LESS: Tally = Tally::give_back(Meter::Users);
    const NO_OWNER: Tally = Tally::give_back(Meter::Owners);
    let owner = || nobody().after(add(AGENT, Role::Owner));
    let rows = [
        (nobody(), invite(EMAIL, 1, Role::Owner), vec![]),
        (invited(), accept(AGENT, EMAIL), vec![USER]),
        (nobody(), add(AGENT, Role::Owner), vec![USER, OWNER]),
        (active(), change(Role::Owner, None), vec![OWNER]),
        (owner(), change(Role::Admin, None), vec![NO_OWNER]),
        (active(), change(Role::Admin, None), vec![]),
        (owner(), suspend(None), vec![LESS, NO_OWNER]),
        (owner().after(suspend(None)), change(Role::Admin, None), vec![]),
        (owner().after(suspend(None)), C::Reactivate { by: None }, vec![USER, OWNER]),
        (owner().after(suspend(None)), remove(None), vec![]),
        (owner(), remove(None), vec![LESS, NO_OWNER]),
        (invited(), remove(None), vec![]),
    ];
    for (case, command, expected) in rows {
        let text = format!("{command:?}");
        assert_eq!(tallies(&case.when(command)), expected, "{text}");
    }
}

/// Kinds of the claims, a minus for those that are given back.
fn kinds(claims: &[Claim]) -> Vec<String> {
    let sign = |claim: &Claim| if claim.op == ClaimOp::Release { "-" } else { "" };
    claims.iter().map(|claim| format!("{}{}", sign(claim), claim.kind)).collect()
}

#[test]
fn an_address_and_a_user_are_claimed_once_per_tenant_until_they_leave() {
    let gone = |kind: &str| format!("-{kind}");
    let first = nobody().when(invite(EMAIL, 1, Role::Agent));
    assert_eq!(kinds(&first.claims()), [INVITATION_CLAIM, EMAIL_CLAIM]);
    let again = first.case.when(invite(EMAIL, 2, Role::Agent));
    let expected = [gone(INVITATION_CLAIM), INVITATION_CLAIM.into(), EMAIL_CLAIM.into()];
    assert_eq!(kinds(&again.claims()), expected);
    let accepted = again.case.when(accept(AGENT, EMAIL));
    assert_eq!(kinds(&accepted.claims()), [USER_CLAIM]);
    let left = accepted.case.when(remove(None));
    let expected = [gone(INVITATION_CLAIM), gone(USER_CLAIM), gone(EMAIL_CLAIM)];
    assert_eq!(kinds(&left.claims()), expected);
}

#[test]
fn skills_are_compared_in_lower_case() {
    let set =
        |skills: &[&str]| C::SetSkills { skills: skills.iter().map(|s| (*s).into()).collect() };
    let case = active().after(set(&["Lentes", " lentes "]));
    case.clone().when(set(&["LENTES"])).then_nothing();
    case.clone().when(set(&[" "])).then_refused("INVALID_SKILLS");
    let many: Vec<_> = (0..21).map(|n| format!("s{n}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    case.when(set(&many)).then_refused("INVALID_SKILLS");
}
