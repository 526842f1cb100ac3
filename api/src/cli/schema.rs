//! `bitacora schema`: the GraphQL schema in SDL; `--check` compares a committed file.

use std::path::PathBuf;

use serde_json::json;

use super::{Context, Exit, Failure};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Compares the schema with this file and exits with 1 when they differ.
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

impl Args {
    #[allow(clippy::unused_async, reason = "all subcommands have the same form")]
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        let sdl = bitacora_api::graphql::sdl();
        let Some(path) = self.check else {
            context.out.raw(&sdl);
            return Ok(Exit::Done);
        };
        let committed = std::fs::read_to_string(&path)
            .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
        let equal = committed.trim_end() == sdl.trim_end();
        let first = committed.lines().zip(sdl.lines()).position(|(a, b)| a != b).map(|i| i + 1);
        context.out.emit(&json!({ "equal": equal, "firstDifferentLine": first }), || {
            if equal {
                "the schema is the committed one".to_owned()
            } else {
                let line = first.map_or_else(|| "the end".to_owned(), |n| format!("line {n}"));
                format!(
                    "the schema differs from {} at {line}; write it with: bitacora schema > {}",
                    path.display(),
                    path.display()
                )
            }
        });
        Ok(if equal { Exit::Done } else { Exit::Found })
    }
}
