//! Leads as clients use them: over HTTP, against Postgres, with the reactors, a worker that does
//! what is due, a form that an ad brought, and a system that takes leads.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod desk;
mod hidden;
mod life;
