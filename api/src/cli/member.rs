//! `bitacora member`: who works for a tenant. For whoever operates the installation: no password
//! is asked, and the last owner stays all the same.
//!
//! Passwords are read from the standard input and never from the command line, which other
//! processes can see.

use std::io::{BufRead as _, IsTerminal as _};

use bitacora_commands::people::{NewMember, PeopleError};
use bitacora_domain::aggregates::membership::MembershipCommand as Command;
use bitacora_domain::{Role, TenantId, text};
use bitacora_projections::query::{Direction, Filter, Order, Page, TableRow};
use bitacora_projections::views::members;
use clap::Subcommand;
use serde_json::json;

use super::compose::Backend;
use super::tenant::resolve;
use super::{Context, Exit, Failure};

/// Most members that are listed.
const LISTED: i64 = 1_000;
/// Longest line that is read as a password, bytes.
const PASSWORD_MAX: u64 = 1_024;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Makes somebody a member, and a user if there is none of this address: the password of a
    /// new user is read from the standard input.
    Add {
        /// The tenant's id or short name.
        tenant: String,
        /// E-mail address.
        #[arg(long)]
        email: String,
        /// Name of a new user.
        #[arg(long)]
        name: String,
        /// OWNER, ADMIN, SUPERVISOR, AGENT, BILLING, ANALYST, AUDITOR or VIEWER.
        #[arg(long, value_parser = role)]
        role: Role,
        /// The address may have an account already, whose password stays. Whoever registered it
        /// was not asked whether the address is theirs: ask the person.
        #[arg(long)]
        known: bool,
    },
    /// Lists the members of a tenant.
    List {
        /// The tenant's id or short name.
        tenant: String,
    },
    /// Gives a member another role.
    Role {
        /// The tenant's id or short name.
        tenant: String,
        /// E-mail address.
        email: String,
        /// The role.
        #[arg(value_parser = role)]
        role: Role,
    },
    /// Keeps a member out.
    Suspend {
        /// The tenant's id or short name.
        tenant: String,
        /// E-mail address.
        email: String,
        /// Why, for the record; 1–500 characters.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Lets a suspended member in again.
    Reactivate {
        /// The tenant's id or short name.
        tenant: String,
        /// E-mail address.
        email: String,
    },
    /// Ends a membership, or takes an invitation back.
    Remove {
        /// The tenant's id or short name.
        tenant: String,
        /// E-mail address.
        email: String,
        /// Why, for the record; 1–500 characters.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Gives a user another password, read from the standard input, and ends all their logins.
    Password {
        /// E-mail address.
        email: String,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(&text.to_uppercase()).ok_or_else(|| {
        let roles = Role::ALL.map(Role::as_str).join(", ");
        format!("{text:?} is no role; there are {roles}")
    })
}

impl Args {
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        let backend = Backend::open(&context.config()?).await?;
        let outcome = self.what.run(&context, &backend).await;
        backend.close().await?;
        outcome
    }
}

impl What {
    async fn run(self, context: &Context, backend: &Backend) -> Result<Exit, Failure> {
        match self {
            Self::Add { tenant, email, name, role, known } => {
                let tenant = resolve(backend, &tenant).await?;
                if !known {
                    refuse_strangers(backend, tenant, &email).await?;
                }
                let password = password(context)?;
                let new = NewMember { tenant, email, name, password, role };
                let user = backend.people.ensure_member(new).await?;
                let document = json!({ "tenant": tenant, "user": user });
                context.out.emit(&document, || user.to_string());
                Ok(Exit::Done)
            }
            Self::List { tenant } => list(context, backend, resolve(backend, &tenant).await?).await,
            Self::Role { tenant, email, role } => {
                let body = Command::ChangeRole { role, by: None };
                change(context, backend, (&tenant, &email), body).await
            }
            Self::Suspend { tenant, email, reason } => {
                let body = Command::Suspend { reason, by: None };
                change(context, backend, (&tenant, &email), body).await
            }
            Self::Reactivate { tenant, email } => {
                change(context, backend, (&tenant, &email), Command::Reactivate { by: None }).await
            }
            Self::Remove { tenant, email, reason } => {
                let body = Command::Remove { reason, by: None };
                change(context, backend, (&tenant, &email), body).await
            }
            Self::Password { email } => {
                let password = password(context)?;
                let user = backend.people.reset_password(&email, &password).await?;
                context.out.emit(&json!({ "user": user }), || user.to_string());
                Ok(Exit::Done)
            }
        }
    }
}

/// An account that this tenant knows nothing of may be of somebody who registered another
/// person's address: making it a member would let them in with a password of theirs.
async fn refuse_strangers(backend: &Backend, tenant: TenantId, email: &str) -> Result<(), Failure> {
    let Some(user) = backend.people.user_called(email).await? else { return Ok(()) };
    let member = backend.bus.membership_of(tenant, user).await.map_err(PeopleError::from)?;
    if member.is_some() {
        return Ok(());
    }
    let message = "the address has an account already, with a password of its own: ask the \
                   person whether it is theirs, then add `--known`";
    Err(Failure::new(Exit::Refused, "USER_KNOWN", message))
}

/// One line of the standard input.
fn password(context: &Context) -> Result<String, Failure> {
    use std::io::Read as _;
    let input = std::io::stdin();
    if input.is_terminal() {
        context.out.hint("Password (it will be seen): ");
    }
    let mut line = String::new();
    input.lock().take(PASSWORD_MAX).read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn change(
    context: &Context,
    backend: &Backend,
    (tenant, email): (&str, &str),
    body: Command,
) -> Result<Exit, Failure> {
    let tenant = resolve(backend, tenant).await?;
    let address = text::email(email).unwrap_or_default();
    let found = backend.people.member_by_email(tenant, &address).await?;
    let (id, _) = found.ok_or_else(|| Failure::not_found(format!("no member is {email:?}")))?;
    backend.people.change_member(tenant, id, body).await?;
    let document = json!({ "tenant": tenant, "member": id });
    context.out.emit(&document, || id.to_string());
    Ok(Exit::Done)
}

async fn list(context: &Context, backend: &Backend, tenant: TenantId) -> Result<Exit, Failure> {
    backend.store.ensure(&members::TABLE).await?;
    let page = Page {
        table: &members::TABLE,
        filter: Filter::And(Vec::new()),
        order: vec![Order { column: "email", direction: Direction::Asc }],
        after: None,
        limit: LISTED,
        backwards: false,
    };
    let rows = backend.models.page(tenant, &page).await?;
    let cell = |row: &TableRow, column: &str| {
        row.cell(column).as_text().map(str::to_owned).unwrap_or_default()
    };
    let columns = ["email", "name", "role", "status"];
    let rows: Vec<_> =
        rows.iter().map(|row| columns.map(|column| cell(row, column)).to_vec()).collect();
    context.out.table(&columns, &rows);
    Ok(Exit::Done)
}

impl From<PeopleError> for Failure {
    fn from(error: PeopleError) -> Self {
        let exit = match &error {
            PeopleError::Busy | PeopleError::Unavailable(_) => Exit::Unavailable,
            PeopleError::Internal(_) => Exit::Internal,
            PeopleError::BadCredentials
            | PeopleError::SessionEnded
            | PeopleError::NoMembership
            | PeopleError::TenantRequired(_)
            | PeopleError::WeakPassword
            | PeopleError::Refused { .. } => Exit::Refused,
        };
        Self::new(exit, error.code(), error)
    }
}
