//! The `bitacora` binary: puts the adapters into the application and runs a subcommand.
//!
//! **Architecture invariant.** Only this file and `cli/` may name `bitacora_adapters`; a test
//! looks.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
