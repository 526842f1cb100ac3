//! `bitacora-bench`: measures the numbers of the design beside their peers, in one run, on one
//! Postgres with durable settings. `docs/BENCH.md` says how to read them.
//!
//! **Architecture invariant.** The bench only uses what production uses (the bus, the ports'
//! adapters, HTTP, sockets); nothing of the product knows that it is being measured.

mod append;
mod backend;
mod cli;
mod closed;
mod cluster;
mod http;
mod idle;
mod latency;
mod live;
mod load;
mod machine;
mod open;
mod report;
mod server;
mod size;
mod table;
mod webhook;
mod work;

use std::process::ExitCode;

use clap::Parser as _;

/// The same as the server's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the bench itself broke: {error:#}");
            ExitCode::from(2)
        }
    }
}
