//! Members: invited, assigned, suspended, removed; and the last owner who stays.
#![allow(clippy::unwrap_used, reason = "tests")]

use bitacora_api::auth::Role;
use bitacora_api::graphql::ids::NodeType;
use bitacora_domain::{TenantId, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::graphql_socket::{Client, Said};
use crate::people::{PASSWORD, ends_soon, me, refresh, server, tokens, told};
use crate::support::{Reply, TestApp, fresh, text};

/// A mutation of a member by a token; gives the payload.
async fn change(app: &TestApp, token: &str, name: &str, input: Value) -> Value {
    let ty = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let query = format!(
        "mutation($input: {ty}!) {{ {name}(input: $input) {{ \
         member {{ id status role }} receipt {{ replayed }} \
         errors {{ ... on UserError {{ code message }} }} }} }}"
    );
    app.run_as(token, &query, json!({ "input": input })).await.data()[name].clone()
}

/// Code of the first error, or nothing.
fn code(payload: &Value) -> &str {
    payload["errors"][0]["code"].as_str().unwrap_or_default()
}

/// Global id of the membership of a user.
async fn member_id(app: &TestApp, user: UserId) -> String {
    let found = app.app.bus.membership_of(app.tenant, user).await.unwrap().unwrap();
    NodeType::Member.id(found.0).to_string()
}

async fn member(app: &TestApp, email: &str, role: Role) -> (UserId, String) {
    let user = app.member(email, PASSWORD, role).await;
    (user, member_id(app, user).await)
}

async fn invite(app: &TestApp, email: &str, key: Option<&str>) -> Value {
    let query = "mutation($input: InviteMemberInput!) { inviteMember(input: $input) { invitation \
        member { id status role } receipt { replayed } \
        errors { ... on UserError { code message } } } }";
    let input = json!({ "email": email, "role": "AGENT", "idempotencyKey": key });
    app.run(query, json!({ "input": input })).await.data()["inviteMember"].clone()
}

async fn join(app: &TestApp, email: &str, invitation: &str) -> Reply {
    let body = json!({ "email": email, "password": PASSWORD, "name": "Ana",
        "invitation": invitation });
    app.post_to("/auth/register", body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_for_one_address_and_good_once() {
    let app = server().await;
    let first = invite(&app, "ana@example.com", None).await;
    let second = invite(&app, "Ana@example.com", Some("k")).await;
    assert_eq!(first["member"]["id"], second["member"]["id"]);
    let retried = invite(&app, "Ana@example.com", Some("k")).await;
    assert_eq!(
        (&retried["invitation"], &retried["receipt"]["replayed"]),
        (&json!(null), &json!(true))
    );
    let (void, good) = (text(&first["invitation"]), text(&second["invitation"]));
    let refused = (409, "INVITATION_INVALID");
    assert_eq!(told(&join(&app, "ana@example.com", &void).await), refused, "void");
    assert_eq!(told(&join(&app, "eva@example.com", &good).await), refused, "of somebody else");
    let reply = join(&app, "ana@example.com", &good).await;
    assert_eq!((reply.status, &reply.body["role"]), (201, &json!("AGENT")), "{:#}", reply.body);
    app.member("eva@example.com", PASSWORD, Role::Viewer).await;
    let body = json!({ "email": "eva@example.com", "password": PASSWORD, "invitation": good });
    let reply = app.post_to("/auth/login", body).await;
    assert!((400..500).contains(&reply.status), "used by somebody else: {reply:?}");
    let (token, _) = tokens(&app, "eva@example.com").await;
    assert_eq!(me(&app, &token).await.data()["me"]["role"], "VIEWER");

    let owner = app.token(Role::Owner);
    let id = &second["member"]["id"];
    // Removed, invited, taken back, invited, and back again.
    assert_eq!(code(&change(&app, &owner, "removeMember", json!({ "id": id })).await), "");
    let third = invite(&app, "ana@example.com", None).await;
    assert_eq!(
        code(&change(&app, &owner, "removeMember", json!({ "id": third["member"]["id"] })).await),
        ""
    );
    let login = |invitation: String| {
        let body =
            json!({ "email": "ana@example.com", "password": PASSWORD, "invitation": invitation });
        app.post_to("/auth/login", body)
    };
    assert_eq!(told(&login(text(&third["invitation"])).await), refused, "taken back");
    assert_eq!(told(&login(good).await), refused, "of a former time");
    let last = invite(&app, "ana@example.com", None).await;
    let reply = login(text(&last["invitation"])).await;
    assert_eq!((reply.status, &reply.body["role"]), (200, &json!("AGENT")), "{:#}", reply.body);
}

/// A socket with a subscription that runs, of somebody who may.
async fn listening(app: &TestApp, token: &str) -> Client {
    let mut client = Client::ready(app, token).await;
    client.subscribe("a", "subscription { messageAdded { cursor } }", json!({})).await;
    client
}

async fn closed(client: &mut Client) -> u16 {
    loop {
        if let Said::Closed(code) = client.next().await {
            return code;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_suspended_is_out_everywhere_until_they_come_back() {
    let app = server().await;
    let owner = app.token(Role::Owner);
    let (_, ana) = member(&app, "ana@example.com", Role::Agent).await;
    member(&app, "eva@example.com", Role::Agent).await;
    let (token, refresh_token) = tokens(&app, "ana@example.com").await;
    let (other, _) = tokens(&app, "eva@example.com").await;
    let (mut socket, mut others) = (listening(&app, &token).await, listening(&app, &other).await);
    assert_eq!(code(&change(&app, &owner, "suspendMember", json!({ "id": ana })).await), "");
    ends_soon(&app, &token).await;
    assert_eq!(closed(&mut socket).await, 4403);
    assert_eq!(told(&app.login("ana@example.com", PASSWORD).await), (403, "NO_MEMBERSHIP"));
    assert_eq!(refresh(&app, &refresh_token).await.status, 401);
    // Nobody else noticed.
    assert_eq!(me(&app, &other).await.status, 200);
    others.say(json!({ "type": "ping" })).await;
    assert_eq!(others.json().await["type"], "pong");

    assert_eq!(code(&change(&app, &owner, "reactivateMember", json!({ "id": ana })).await), "");
    let reply = refresh(&app, &refresh_token).await;
    assert_eq!(reply.status, 200, "the token was not spent on a refusal: {:#}", reply.body);
    assert_eq!(me(&app, &text(&reply.body["accessToken"])).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_role_holds_soon_and_closes_sockets() {
    let app = server().await;
    let owner = app.token(Role::Owner);
    let (_, ana) = member(&app, "ana@example.com", Role::Admin).await;
    let (token, _) = tokens(&app, "ana@example.com").await;
    let mut socket = listening(&app, &token).await;
    let keys = "{ apiKeys(first: 1) { nodes { id } } }";
    assert_eq!(app.run_as(&token, keys, json!({})).await.status, 200);
    let input = json!({ "id": ana, "role": "AGENT" });
    assert_eq!(code(&change(&app, &owner, "changeMemberRole", input).await), "");
    tokio::time::sleep(crate::people::BOUND).await;
    let reply = app.run_as(&token, keys, json!({})).await;
    assert_eq!((reply.status, reply.code()), (403, "FORBIDDEN"));
    assert_eq!(me(&app, &token).await.data()["me"]["role"], "AGENT", "and nothing more");
    assert_eq!(closed(&mut socket).await, 4403);
}

async fn assign(app: &TestApp, conversation: &str, user: UserId) -> String {
    let query = "mutation($id: ID!, $agent: ID!) { assignConversation(input: { id: $id, \
        agent: $agent }) { errors { ... on UserError { code } } } }";
    let agent = NodeType::User.id(user.as_uuid()).to_string();
    let reply = app.run(query, json!({ "id": conversation, "agent": agent })).await;
    code(&reply.data()["assignConversation"]).to_owned()
}

async fn some_conversation(app: &TestApp) -> String {
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    app.conversation(&contact, &channel).await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_are_given_to_active_members_who_work_in_them() {
    let app = server().await;
    let id = some_conversation(&app).await;
    for role in Role::ALL {
        let email = format!("{}@example.com", role.as_str().to_lowercase());
        let (user, _) = member(&app, &email, role).await;
        let works = matches!(role, Role::Owner | Role::Admin | Role::Supervisor | Role::Agent);
        let expected = if works { "" } else { "MEMBER_CANNOT_WORK" };
        assert_eq!(assign(&app, &id, user).await, expected, "{role:?}");
    }
    let stranger = UserId::new(Uuid::from_u128(99));
    assert_eq!(assign(&app, &id, stranger).await, "MEMBER_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_gets_no_work_and_is_shown_as_gone() {
    let app = server().await;
    let owner = app.token(Role::Owner);
    let id = some_conversation(&app).await;
    let (user, ana) = member(&app, "ana@example.com", Role::Agent).await;
    let (token, _) = tokens(&app, "ana@example.com").await;
    assert_eq!(assign(&app, &id, user).await, "");
    let mut socket = listening(&app, &token).await;
    assert_eq!(code(&change(&app, &owner, "suspendMember", json!({ "id": ana })).await), "");
    assert_eq!(assign(&app, &id, user).await, "MEMBER_NOT_ACTIVE");
    let removed = change(&app, &owner, "removeMember", json!({ "id": ana })).await;
    assert_eq!(removed["member"]["status"], "REMOVED", "{removed}");
    ends_soon(&app, &token).await;
    assert_eq!(closed(&mut socket).await, 4403);
    assert_eq!(assign(&app, &id, user).await, "MEMBER_NOT_FOUND");
    let agent = NodeType::User.id(user.as_uuid()).to_string();
    for (name, arguments, expected) in [
        ("requestHandoff", "reason: CUSTOMER_ASKED".to_owned(), ""),
        ("acceptHandoff", format!("agent: \"{agent}\""), "MEMBER_NOT_FOUND"),
        ("assignConversation", "auto: true".to_owned(), "NO_AGENT_AVAILABLE"),
    ] {
        let query = format!(
            "mutation($id: ID!) {{ {name}(input: {{ id: $id, {arguments} }}) {{ \
             errors {{ ... on UserError {{ code }} }} }} }}"
        );
        let reply = app.run(&query, json!({ "id": id })).await;
        assert_eq!(code(&reply.data()[name]), expected, "{name}");
    }
    let query = "query($id: ID!) { conversation(id: $id) { assignee { name member { status } } } }";
    let reply = app.run(query, json!({ "id": id })).await;
    let assignee = &reply.data()["conversation"]["assignee"];
    assert_eq!(*assignee, json!({ "name": "Ana", "member": { "status": "REMOVED" } }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_owner_stays() {
    let app = server().await;
    let (_, ana) = member(&app, "ana@example.com", Role::Owner).await;
    let (token, _) = tokens(&app, "ana@example.com").await;
    let attempts = [
        ("changeMemberRole", json!({ "id": ana, "role": "ADMIN" })),
        ("suspendMember", json!({ "id": ana })),
        ("removeMember", json!({ "id": ana })),
    ];
    for (name, input) in attempts.clone() {
        assert_eq!(code(&change(&app, &token, name, input).await), "LAST_OWNER", "{name}");
    }
    // An owner who was only asked, or is kept out, is none to rely on.
    let (_, eva) = member(&app, "eva@example.com", Role::Owner).await;
    assert_eq!(code(&change(&app, &token, "suspendMember", json!({ "id": eva })).await), "");
    for (name, input) in attempts.clone() {
        assert_eq!(code(&change(&app, &token, name, input).await), "LAST_OWNER", "{name}");
    }
    assert_eq!(code(&change(&app, &token, "reactivateMember", json!({ "id": eva })).await), "");
    let (name, input) = &attempts[0];
    assert_eq!(code(&change(&app, &token, name, input.clone()).await), "", "now there is another");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_owners_who_leave_at_once_one_stays() {
    let app = server().await;
    let sibling = app.sibling().await;
    let (_, ana) = member(&app, "ana@example.com", Role::Owner).await;
    let (_, eva) = member(&app, "eva@example.com", Role::Owner).await;
    let token = app.token(Role::Owner);
    for round in 0..6 {
        let ways = ["changeMemberRole", "suspendMember"];
        let leave = async |server: &TestApp, id: &str, name: &str| {
            let mut input = json!({ "id": id });
            if name == "changeMemberRole" {
                input["role"] = json!("ADMIN");
            }
            code(&change(server, &token, name, input).await).to_owned()
        };
        let (one, two) = tokio::join!(
            leave(&app, &ana, ways[round % 2]),
            leave(&sibling, &eva, ways[round / 2 % 2]),
        );
        let mut outcome = [one.as_str(), two.as_str()];
        outcome.sort_unstable();
        assert_eq!(outcome, ["", "LAST_OWNER"], "round {round}");
        // Both are owners again.
        for id in [&ana, &eva] {
            change(&app, &token, "reactivateMember", json!({ "id": id })).await;
            let input = json!({ "id": id, "role": "OWNER" });
            assert_eq!(code(&change(&app, &token, "changeMemberRole", input).await), "");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_owner_makes_or_unmakes_an_owner() {
    let app = server().await;
    let (_, owner) = member(&app, "ana@example.com", Role::Owner).await;
    member(&app, "olga@example.com", Role::Owner).await;
    let (_, agent) = member(&app, "eva@example.com", Role::Agent).await;
    let attempts = [
        ("changeMemberRole", json!({ "id": agent, "role": "OWNER" })),
        ("changeMemberRole", json!({ "id": owner, "role": "AGENT" })),
        ("suspendMember", json!({ "id": owner })),
        ("removeMember", json!({ "id": owner })),
        ("inviteMember", json!({ "email": "nueva@example.com", "role": "OWNER" })),
    ];
    for role in [Role::Admin, Role::Owner] {
        let expected = if role == Role::Admin { "OWNER_REQUIRED" } else { "" };
        for (name, input) in attempts.clone() {
            let payload = change(&app, &app.token(role), name, input).await;
            // The one who was suspended cannot be, once removed; all else goes in this order.
            assert_eq!(code(&payload), expected, "{role:?} {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_nothing_to_do_with_anothers_people() {
    let app = server().await;
    let (user, ana) = member(&app, "ana@example.com", Role::Agent).await;
    let id = some_conversation(&app).await;
    let other = TenantId::new(fresh());
    app.register(other, "segunda").await;
    let theirs = app.token_of(other, Role::Owner, 3600);
    for (name, input) in [
        ("suspendMember", json!({ "id": ana })),
        ("removeMember", json!({ "id": ana })),
        ("changeMemberRole", json!({ "id": ana, "role": "VIEWER" })),
        ("setMemberCapacity", json!({ "id": ana, "capacity": 1 })),
    ] {
        assert_eq!(code(&change(&app, &theirs, name, input).await), "NOT_FOUND", "{name}");
    }
    let query = "query($id: ID!) { node(id: $id) { id } members { nodes { email } } }";
    let reply = app.run_as(&theirs, query, json!({ "id": ana })).await;
    assert_eq!(*reply.data(), json!({ "node": null, "members": { "nodes": [] } }));
    let reply = app.run(query, json!({ "id": ana })).await;
    assert_eq!(reply.data()["members"]["nodes"], json!([{ "email": "ana@example.com" }]));

    for name in ["segunda", &other.to_string(), "no-existe"] {
        let body = json!({ "email": "ana@example.com", "password": PASSWORD, "tenant": name });
        let reply = app.post_to("/auth/login", body).await;
        assert_eq!(told(&reply), (403, "NO_MEMBERSHIP"), "{name}");
    }
    // A member of both says which; and is in the other nobody.
    let new = bitacora_commands::people::NewMember {
        tenant: other,
        email: "ana@example.com".into(),
        name: "Ana".into(),
        password: PASSWORD.into(),
        role: Role::Viewer,
    };
    assert_eq!(app.app.people.ensure_member(new).await.unwrap(), user);
    let reply = app.login("ana@example.com", PASSWORD).await;
    assert_eq!(told(&reply), (400, "TENANT_REQUIRED"));
    assert_eq!(reply.body["tenants"].as_array().unwrap().len(), 2);
    let body = json!({ "email": "ana@example.com", "password": PASSWORD, "tenant": "segunda" });
    let reply = app.post_to("/auth/login", body).await;
    assert_eq!(reply.body["role"], "VIEWER");
    let token = text(&reply.body["accessToken"]);
    let read = "query($id: ID!) { conversation(id: $id) { id } }";
    let reply = app.run_as(&token, read, json!({ "id": id })).await;
    assert_eq!(reply.data()["conversation"], json!(null));
    let (own, _) = {
        let body = json!({ "email": "ana@example.com", "password": PASSWORD, "tenant": "primera" });
        crate::people::pair(&app.post_to("/auth/login", body).await)
    };
    let reply = app.run_as(&own, read, json!({ "id": id })).await;
    assert_eq!(reply.data()["conversation"]["id"], id.as_str());
}
