//! `bitacora analyst`: people who ask questions in SQL. Each gets a role of Postgres that sees
//! the rows of one tenant in `read.<view>` (docs/ANALYSTS.md).

mod password;

use bitacora_adapters::admin::Connection;
use bitacora_adapters::analysts::{self, AnalystError};
use bitacora_domain::aggregates::tenant::Tenant;
use chrono::SecondsFormat;
use clap::Subcommand;
use serde_json::json;

use self::password::Password;
use super::compose::Backend;
use super::tenant::resolve;
use super::{Context, Exit, Failure};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Adds an analyst of a tenant and prints how to connect; for one that is there, makes
    /// another password. The password is shown once and kept nowhere.
    Add {
        /// The tenant's id or short name.
        tenant: String,
        /// Name: 1–20 of a–z, 0–9 and _; unique in the database.
        name: String,
    },
    /// Lists all analysts.
    List,
    /// Removes an analyst and ends its sessions.
    Remove {
        /// Its name.
        name: String,
    },
}

impl From<AnalystError> for Failure {
    fn from(error: AnalystError) -> Self {
        let exit = match &error {
            AnalystError::InvalidName | AnalystError::NameTooLong => Exit::Usage,
            AnalystError::NameTaken | AnalystError::NotAllowed => Exit::Refused,
            AnalystError::Database(_) => Exit::Unavailable,
        };
        Self::new(exit, error.code(), error)
    }
}

impl Args {
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        let backend = Backend::open(&context.config()?).await?;
        let outcome = match &self.what {
            What::Add { tenant, name } => add(&context, &backend, tenant, name).await,
            What::List => list(&context, &backend).await,
            What::Remove { name } => remove(&context, &backend, name).await,
        };
        backend.close().await?;
        outcome
    }
}

async fn add(
    context: &Context,
    backend: &Backend,
    tenant: &str,
    name: &str,
) -> Result<Exit, Failure> {
    let tenant = resolve(backend, tenant).await?;
    let known = backend.bus.load::<Tenant>(tenant, &tenant.to_string()).await;
    if known.map_err(Failure::unavailable)?.is_none() {
        return Err(Failure::not_found(format!("there is no tenant {tenant}")));
    }
    let password = Password::generate()?;
    let role = analysts::add(&backend.pools.admin, name, tenant, &password.verifier()).await?;
    let url = url(backend.place.connection(), &role, &password);
    let document = json!({ "analyst": name, "role": role, "tenant": tenant, "url": url });
    context.out.emit(&document, || format!("psql '{url}'"));
    Ok(Exit::Done)
}

/// The address with the password, such that `psql` takes it as it is: a socket is named by its
/// directory, a server by host and port.
fn url(connection: &Connection, role: &str, password: &Password) -> String {
    let database = connection.get_database().unwrap_or_default();
    let (port, secret) = (connection.get_port(), password.reveal());
    match connection.get_socket() {
        Some(folder) => {
            let folder = folder.display().to_string().replace('%', "%25").replace(' ', "%20");
            format!("postgresql://{role}:{secret}@/{database}?host={folder}&port={port}")
        }
        None => {
            let host = connection.get_host();
            format!("postgresql://{role}:{secret}@{host}:{port}/{database}")
        }
    }
}

async fn list(context: &Context, backend: &Backend) -> Result<Exit, Failure> {
    let rows: Vec<_> = analysts::list(&backend.pools.admin)
        .await?
        .into_iter()
        .map(|analyst| {
            vec![
                analyst.name,
                analyst.role,
                analyst.tenant.to_string(),
                analyst.added_at.to_rfc3339_opts(SecondsFormat::Secs, true),
                if analyst.can_log_in { "yes" } else { "no: add it again" }.to_owned(),
            ]
        })
        .collect();
    context.out.table(&["name", "role", "tenant", "addedAt", "canLogIn"], &rows);
    Ok(Exit::Done)
}

async fn remove(context: &Context, backend: &Backend, name: &str) -> Result<Exit, Failure> {
    if !analysts::remove(&backend.pools.admin, name).await? {
        return Err(Failure::not_found(format!("no analyst is called {name:?}")));
    }
    context.out.emit(&json!({ "analyst": name, "removed": true }), || format!("{name} removed"));
    Ok(Exit::Done)
}
