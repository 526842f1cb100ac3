//! Registering, logging in, staying in and leaving, over HTTP, with hostile eyes.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use bitacora_api::auth::Role;
use bitacora_api::config::{AuthRules, Joinable};
use bitacora_domain::TenantId;
use bitacora_domain::aggregates::user::{User, UserCommand};
use serde_json::{Value, json};

use crate::support::{Reply, TestApp, text};

pub(crate) const PASSWORD: &str = "una contraseña larga";
/// What is believed of a caller, and time for a slow machine.
pub(crate) const BOUND: Duration = Duration::from_secs(6);

/// A server on which many may try.
pub(crate) async fn server() -> TestApp {
    TestApp::with(|limits| {
        limits.auth = AuthRules {
            registration: Joinable::Open,
            logins_per_minute: 1_000,
            refreshes_per_minute: 1_000,
            trusted_proxies: 0,
        };
        limits.graphql.socket_recheck = Duration::from_millis(200);
    })
    .await
}

/// The tokens of a login that must work.
pub(crate) async fn tokens(app: &TestApp, email: &str) -> (String, String) {
    let reply = app.login(email, PASSWORD).await;
    assert_eq!(reply.status, 200, "{:#}", reply.body);
    pair(&reply)
}

pub(crate) fn pair(reply: &Reply) -> (String, String) {
    (text(&reply.body["accessToken"]), text(&reply.body["refreshToken"]))
}

pub(crate) async fn refresh(app: &TestApp, token: &str) -> Reply {
    app.post_to("/auth/refresh", json!({ "refreshToken": token })).await
}

/// What the token says of its caller.
pub(crate) async fn me(app: &TestApp, token: &str) -> Reply {
    app.run_as(token, "{ me { role user { id } member { status } } }", json!({})).await
}

/// Asks until the token is turned away, within the bound.
pub(crate) async fn ends_soon(app: &TestApp, token: &str) {
    let begun = Instant::now();
    while me(app, token).await.status != 401 {
        assert!(begun.elapsed() < BOUND, "the token still works");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Status and code of an answer of `/auth`.
pub(crate) fn told(reply: &Reply) -> (u16, &str) {
    (reply.status, reply.body["code"].as_str().unwrap_or_default())
}

fn founding(email: &str, slug: &str) -> Value {
    let business = json!({ "name": "Óptica Luz", "slug": slug, "timeZone": "Europe/Madrid" });
    json!({ "email": email, "password": PASSWORD, "name": "Ana", "business": business })
}

async fn register(app: &TestApp, key: Option<&str>, body: Value) -> Reply {
    let request = app.client().post(format!("http://{}/auth/register", app.address)).json(&body);
    app.send(match key {
        Some(key) => request.header("idempotency-key", key),
        None => request,
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn registering_founds_a_business_once_and_keeps_no_password() {
    let app = server().await;
    let reply = register(&app, Some("k1"), founding(" Ana@Example.com", "luz")).await;
    assert_eq!((reply.status, &reply.body["role"]), (201, &json!("OWNER")), "{:#}", reply.body);
    assert_eq!(me(&app, &pair(&reply).0).await.data()["me"]["role"], "OWNER");
    let again = register(&app, Some("k1"), founding("ana@example.com", "luz")).await;
    assert_eq!(again.status, 201, "{:#}", again.body);
    for same in ["user", "tenant"] {
        assert_eq!(again.body[same], reply.body[same]);
    }
    let mut thief = founding("ana@example.com", "luz");
    thief["password"] = json!("otra contraseña");
    assert_eq!(told(&register(&app, Some("k1"), thief).await), (409, "IDEMPOTENCY_MISMATCH"));
    let other = register(&app, None, founding("ANA@example.com", "otra")).await;
    assert_eq!(told(&other), (409, "EMAIL_TAKEN"));
    let other = register(&app, None, founding("eva@example.com", "luz")).await;
    assert_eq!(told(&other), (409, "SLUG_TAKEN"));
    assert_eq!(app.login("eva@example.com", PASSWORD).await.status, 401, "nothing was kept");
    let mut weak = founding("eva@example.com", "dos");
    weak["password"] = json!("siete77");
    assert_eq!(told(&register(&app, None, weak).await), (400, "INVALID_PASSWORD"));

    let writer = &app.db.pools().writer;
    let kept: Vec<String> = sqlx::query_scalar("select password_hash from auth.credentials")
        .fetch_all(writer)
        .await
        .unwrap();
    assert!(!kept.is_empty());
    assert!(
        kept.iter().all(|hash| hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")),
        "{kept:?}"
    );
    let told = "select count(*) from log.events where payload::text like '%' || $1 || '%'";
    let found: i64 = sqlx::query_scalar(told).bind(PASSWORD).fetch_one(writer).await.unwrap();
    assert_eq!(found, 0, "a password in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_invitations_let_in_strangers_learn_nothing() {
    let app = TestApp::with(|limits| limits.auth.logins_per_minute = 1_000).await;
    app.member("ana@example.com", PASSWORD, Role::Owner).await;
    for email in ["ana@example.com", "nadie@example.com"] {
        let reply = register(&app, None, founding(email, "luz")).await;
        assert_eq!(told(&reply), (403, "REGISTRATION_CLOSED"));
        let body = json!({ "email": email, "password": PASSWORD, "name": "X",
            "invitation": "bi_AAAA" });
        assert_eq!(told(&register(&app, None, body).await), (409, "INVITATION_INVALID"));
    }
}

/// Passwords that were checked. The work, counted: times tell little on a busy machine.
async fn checks(app: &TestApp) -> u64 {
    let text = text(&app.send(app.get("/metrics")).await.body);
    let line = text.lines().find_map(|line| line.strip_prefix("bitacora_password_checks_total "));
    line.unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_wrong_and_disabled_look_the_same_and_take_as_long() {
    let app = server().await;
    let user = app.member("ana@example.com", PASSWORD, Role::Agent).await;
    let (token, refresh_token) = tokens(&app, "ana@example.com").await;
    let off = UserCommand::Disable { reason: None };
    app.member("eva@example.com", PASSWORD, Role::Agent).await;
    let mut bodies = Vec::new();
    for email in ["ana@example.com", "nadie@example.com", "no es una dirección"] {
        let before = checks(&app).await;
        let reply = app.login(email, "otra contraseña").await;
        assert_eq!(reply.status, 401);
        bodies.push(reply.body);
        assert_eq!(checks(&app).await, before + 1, "{email}: as much work as any other");
    }
    app.execute::<User>(TenantId::SYSTEM, &user.to_string(), off).await;
    let before = checks(&app).await;
    bodies.push(app.login("ana@example.com", PASSWORD).await.body);
    assert_eq!(checks(&app).await, before + 1, "who is disabled, too");
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    ends_soon(&app, &token).await;
    assert_eq!(refresh(&app, &refresh_token).await.status, 401);
    assert_eq!(app.login("eva@example.com", PASSWORD).await.status, 200, "others come and go");
    app.execute::<User>(TenantId::SYSTEM, &user.to_string(), UserCommand::Enable).await;
    assert_eq!(app.login("ana@example.com", PASSWORD).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_are_bounded_by_address_and_by_account() {
    let app = TestApp::with(|limits| {
        limits.auth.logins_per_minute = 3;
        limits.auth.refreshes_per_minute = 2;
        limits.auth.trusted_proxies = 1;
    })
    .await;
    app.member("ana@example.com", PASSWORD, Role::Agent).await;
    let login = async |address: &str, email: &str| {
        let url = format!("http://{}/auth/login", app.address);
        let body = json!({ "email": email, "password": "equivocada" });
        let request = app.client().post(url).header("x-forwarded-for", address).json(&body);
        app.send(request).await
    };
    for n in 0..3 {
        assert_eq!(login("192.0.2.1", &format!("n{n}@example.com")).await.status, 401);
    }
    let reply = login("192.0.2.1", "otro@example.com").await;
    assert_eq!(told(&reply), (429, "RATE_LIMITED"), "one address, many accounts");
    let wait: u64 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    for n in 10..13 {
        let email = ["ana@example.com", " ANA@example.com", "Ana@Example.com "][n - 10];
        assert_eq!(login(&format!("192.0.2.{n}"), email).await.status, 401);
    }
    let reply = login("192.0.2.20", "ana@example.com").await;
    assert_eq!(told(&reply), (429, "RATE_LIMITED"), "one account, many addresses");
    assert_eq!(login("192.0.2.20", "eva@example.com").await.status, 401, "others may try");
    for status in [401, 401, 429] {
        assert_eq!(refresh(&app, "br_x").await.status, status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_good_once_and_its_reuse_ends_the_login() {
    let app = server().await;
    app.member("ana@example.com", PASSWORD, Role::Agent).await;
    let (other, other_refresh) = tokens(&app, "ana@example.com").await;
    let (first, spent) = tokens(&app, "ana@example.com").await;
    let reply = refresh(&app, &spent).await;
    let (second, next) = pair(&reply);
    assert_eq!(reply.body["role"], "AGENT");
    assert_ne!(spent, next);
    for token in [&first, &second] {
        assert_eq!(me(&app, token).await.status, 200);
    }
    let damaged =
        format!("{}{}", &next[..next.len() - 2], if next.ends_with("AA") { "BB" } else { "AA" });
    assert_eq!(refresh(&app, &damaged).await.status, 401, "forged");
    assert_eq!(me(&app, &second).await.status, 200, "a forgery ends nothing");

    assert_eq!(told(&refresh(&app, &spent).await), (401, "UNAUTHENTICATED"));
    for token in [&first, &second] {
        assert_eq!(me(&app, token).await.status, 401, "at once");
    }
    assert_eq!(refresh(&app, &next).await.status, 401, "the later token is dead too");
    assert_eq!(me(&app, &other).await.status, 200, "another login lives");
    assert_eq!(refresh(&app, &other_refresh).await.status, 200);

    let kept =
        "select count(*) from auth.sessions where revoked_at is not null and reason = 'reused'";
    let ended: i64 = sqlx::query_scalar(kept).fetch_one(&app.db.pools().writer).await.unwrap();
    assert_eq!(ended, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_refresh_at_once_one_wins() {
    let app = server().await;
    app.member("ana@example.com", PASSWORD, Role::Agent).await;
    let (_, token) = tokens(&app, "ana@example.com").await;
    let tries = (0..6).map(|_| refresh(&app, &token));
    let answers = futures::future::join_all(tries).await;
    let won: Vec<_> = answers.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(won.len(), 1);
    assert_eq!(refresh(&app, &pair(won[0]).1).await.status, 401, "and the login is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_ends_one_login_here_at_once_and_elsewhere_soon() {
    let app = server().await;
    app.member("ana@example.com", PASSWORD, Role::Agent).await;
    let (other, _) = tokens(&app, "ana@example.com").await;
    let (token, refresh_token) = tokens(&app, "ana@example.com").await;
    let sibling = app.sibling().await;
    assert_eq!(me(&sibling, &token).await.status, 200);
    let reply = app.post_to("/auth/logout", json!({ "refreshToken": refresh_token })).await;
    assert_eq!(reply.status, 204);
    assert_eq!(me(&app, &token).await.status, 401);
    assert_eq!(refresh(&app, &refresh_token).await.status, 401);
    ends_soon(&sibling, &token).await;
    assert_eq!(me(&app, &other).await.status, 200);
    let reply = app.post_to("/auth/logout", json!({ "refreshToken": "br_x" })).await;
    assert_eq!(reply.status, 204, "whoever has none has nothing to end");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_password_ends_all_other_logins() {
    let app = server().await;
    app.member("ana@example.com", PASSWORD, Role::Agent).await;
    let (other, other_refresh) = tokens(&app, "ana@example.com").await;
    let (own, own_refresh) = tokens(&app, "ana@example.com").await;
    let change = async |present: &str, next: &str| {
        let body = json!({ "password": present, "newPassword": next });
        let url = format!("http://{}/auth/password", app.address);
        app.send(app.client().post(url).bearer_auth(&own).json(&body)).await
    };
    assert_eq!(told(&change("equivocada", "nueva contraseña").await), (401, "BAD_CREDENTIALS"));
    assert_eq!(told(&change(PASSWORD, "corta").await), (400, "INVALID_PASSWORD"));
    assert_eq!(me(&app, &other).await.status, 200, "nothing has changed yet");
    assert_eq!(change(PASSWORD, "nueva contraseña").await.status, 204);
    ends_soon(&app, &other).await;
    assert_eq!(refresh(&app, &other_refresh).await.status, 401);
    assert_eq!(me(&app, &own).await.status, 200);
    assert_eq!(refresh(&app, &own_refresh).await.status, 200);
    assert_eq!(app.login("ana@example.com", PASSWORD).await.status, 401);
    assert_eq!(app.login("ana@example.com", "nueva contraseña").await.status, 200);
}
