//! `bitacora-torture`: see the library and `docs/TORTURE.md`.

use std::process::ExitCode;

use bitacora_torture::cli::{self, Cli};
use clap::Parser as _;

fn main() -> ExitCode {
    match cli::run(Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the torture itself broke: {error:#}");
            ExitCode::from(2)
        }
    }
}
