//! The command line: one file per subcommand, one line here per subcommand.

mod blobs;
mod checkout;
mod compose;
mod exit;
mod leads;
mod messenger;
mod output;
mod parking;
mod recordings;
mod supervisor;
mod telephony;
mod workers;

use std::path::PathBuf;
use std::process::ExitCode;

use bitacora_api::config::{Config, Overrides};
use bitacora_api::telemetry;
use clap::Parser;

use self::exit::{Exit, Failure};
use self::output::Output;

/// Declares the modules of the subcommands and dispatches to them.
macro_rules! subcommands {
    ($($(#[doc = $doc:literal])+ $variant:ident => $module:ident,)+) => {
        $(mod $module;)+

        #[derive(Debug, clap::Subcommand)]
        enum Subcommand { $($(#[doc = $doc])+ $variant($module::Args),)+ }

        impl Subcommand {
            async fn run(self, context: Context) -> Result<Exit, Failure> {
                // Boxed: the futures are large and of very different sizes.
                match self { $(Self::$variant(args) => Box::pin(args.run(context)).await,)+ }
            }
        }
    };
}

subcommands! {
    /// Starts the server (and its Postgres, unless DATABASE_URL is set).
    Serve => serve,
    /// Brings the database up to date.
    Migrate => migrate,
    /// Looks at everything that can be wrong and says what to do.
    Doctor => doctor,
    /// Plays the demo against a running server, by signed webhooks.
    Demo => demo,
    /// Creates and lists tenants, connects their WhatsApp numbers.
    Tenant => tenant,
    /// Adds, lists and removes those who ask questions in SQL.
    Analyst => analyst,
    /// Adds and lists members of a tenant, changes roles, sets passwords.
    Member => member,
    /// Mints a token for a user of a tenant.
    Token => token,
    /// Shows what happened to one aggregate, or how it was at a time.
    History => history,
    /// Computes state and read tables again from the log and prints differences; writes nothing.
    Replay => replay,
    /// Builds a read table again beside the live one and swaps them.
    Rebuild => rebuild,
    /// Shows projections and their lag; retries or discards parked events.
    Projections => projections,
    /// Shows facts of webhooks that were not simply done, and anomalies; retries them.
    Inbox => inbox,
    /// Shows what is to be done outside or later, and dead letters; retries or discards them.
    Effects => effects,
    /// Shows reactors and their lag; retries or discards events that they could not take.
    Reactors => reactors,
    /// Follows the events of a tenant.
    Tail => tail,
    /// Prints the GraphQL schema, or checks the committed one.
    Schema => schema,
    /// Runs a command with a throw-away Postgres for tests.
    Testbed => testbed,
}

/// Bitácora: every conversation of a business in one verifiable log.
///
/// Exit codes: 0 done · 1 differences or problems were found · 2 wrong usage or configuration ·
/// 3 the database or the server cannot be reached · 4 refused · 70 a fault of bitacora itself.
#[derive(Debug, Parser)]
#[command(name = "bitacora", version, max_term_width = 100)]
struct Cli {
    /// Prints JSON, one document per line.
    #[arg(long, global = true)]
    json: bool,
    /// Directory of keys and of the managed database [env: BITACORA_STATE_DIR] [default: .bitacora]
    #[arg(long, global = true, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    #[command(subcommand)]
    subcommand: Subcommand,
}

/// What every subcommand gets.
#[derive(Clone, Debug)]
struct Context {
    /// Where to print.
    out: Output,
    /// `--state-dir`, for [`Context::config`].
    overrides: Overrides,
}

impl Context {
    /// The configuration, with log lines going to standard error from here on.
    fn config(&self) -> Result<Config, Failure> {
        let config = Config::from_env(&self.overrides)?;
        telemetry::init_logs(&config);
        Ok(config)
    }
}

/// Parses the command line and runs it.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let out = Output::new(cli.json);
    let overrides = Overrides { state_dir: cli.state_dir, ..Overrides::default() };
    let context = Context { out, overrides };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return out.failure(&Failure::internal(format!("no runtime: {error}"))).into();
        }
    };
    let exit = match runtime.block_on(cli.subcommand.run(context)) {
        Ok(exit) => exit,
        Err(failure) => out.failure(&failure),
    };
    // Whatever still runs (a blocked read of the terminal) must not keep the process.
    runtime.shutdown_background();
    exit.into()
}
