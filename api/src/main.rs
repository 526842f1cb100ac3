//! The `bitacora` binary: puts the adapters into the application and runs a subcommand.
//!
//! **Architecture invariant.** Only this file and `cli/` may name `bitacora_adapters`; a test
//! looks.

mod cli;

use std::process::ExitCode;

/// Commands make many small values that live for a batch: a third of a busy server's own time
/// went into the C library's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
