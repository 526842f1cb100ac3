//! The pages of the offline twin of the payment provider: `/offline/checkout/<session>`. They
//! exist where no provider is configured, for whoever sits at this machine; the address is
//! signed, so nobody can make one up for another order or price.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Router};
use bitacora_commands::ports::{Bill, Button, Till};

use super::listen::Peer;
use crate::app::App;

/// No scripts; the form goes back to where it came from.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";
/// Longest form, in bytes.
const FORM_MAX: usize = 64;

/// The routes of this file.
pub fn routes() -> Router<App> {
    Router::new().route("/offline/checkout/{session}", get(show).post(press))
}

type Asked = (Path<String>, RawQuery, Option<Extension<Peer>>);

async fn show(State(app): State<App>, asked: Asked) -> Response {
    match till_and_bill(&app, &asked) {
        Some((_, bill)) => page(&bill, None),
        None => gone(),
    }
}

async fn press(State(app): State<App>, asked: Asked, form: axum::body::Bytes) -> Response {
    let Some((till, bill)) = till_and_bill(&app, &asked) else { return gone() };
    let pressed = std::str::from_utf8(&form).ok().filter(|form| form.len() <= FORM_MAX);
    let button = pressed.and_then(|form| Button::parse(form.strip_prefix("button=")?));
    let Some(button) = button else {
        return (StatusCode::UNPROCESSABLE_ENTITY, "send button=pay\n").into_response();
    };
    till.press(&bill, button);
    page(&bill, Some(button))
}

/// Only for whoever sits at this machine.
fn till_and_bill<'a>(app: &'a App, asked: &Asked) -> Option<(&'a dyn Till, Bill)> {
    let (Path(session), RawQuery(query), peer) = asked;
    let Extension(Peer(peer)) = peer.as_ref()?;
    if !peer.to_canonical().is_loopback() {
        return None;
    }
    let till = app.till.as_deref()?;
    let bill = till.bill(session, query.as_deref().unwrap_or_default())?;
    Some((till, bill))
}

fn gone() -> Response {
    (StatusCode::GONE, "there is nothing to pay here\n").into_response()
}

fn page(bill: &Bill, pressed: Option<Button>) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, html(bill, pressed)).into_response()
}

/// Everything shown is a number, a UUID or three letters of ours: nothing to escape.
fn html(bill: &Bill, pressed: Option<Button>) -> String {
    let (credits, order) = (bill.wanted.credits, bill.wanted.order);
    let (price, currency) = (bill.wanted.price_minor, bill.wanted.currency.to_uppercase());
    let said = pressed.map_or_else(String::new, |button| {
        format!("<p><strong>Hecho: {}.</strong> El aviso llega en un momento.</p>", label(button))
    });
    let button = |button: &Button| {
        let (value, label) = (button.as_str(), label(*button));
        format!("<button name=\"button\" value=\"{value}\">{label}</button>")
    };
    let buttons = Button::ALL.iter().map(button).collect::<Vec<_>>().join(" ");
    format!(
        "<!doctype html><html lang=\"es\"><meta charset=\"utf-8\"><title>Pago de prueba</title>\
         <style>body{{font:16px system-ui;max-width:36rem;margin:3rem auto;padding:0 1rem}}\
         button{{font:inherit;padding:.5rem 1rem;margin:.25rem 0}}</style>\
         <h1>Pago de prueba</h1><p>No se mueve dinero: no hay proveedor de pagos configurado \
         (<code>STRIPE_SECRET_KEY</code>).</p>\
         <p>{credits} créditos · {price} {currency} (unidad mínima)<br>Pedido {order}</p>{said}\
         <form method=\"post\">{buttons}</form></html>"
    )
}

const fn label(button: Button) -> &'static str {
    match button {
        Button::Pay => "Pagar",
        Button::PayLater => "Pagar con un medio lento",
        Button::Decline => "Tarjeta rechazada",
        Button::Refund => "Devolver el dinero",
        Button::Dispute => "Desconocer el pago",
    }
}
