//! Tenants with numbers, contacts who agreed to be called, and the calls that are wanted: through
//! a bus of this process, as any other process of an installation would do it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::testing::TestDb;
use bitacora_commands::bus::BusOptions;
use bitacora_commands::ports::Clock as _;
use bitacora_commands::{CommandBus, Envelope, InstallationKey};
use bitacora_domain::aggregates::call_session::guards::CallWindow;
use bitacora_domain::aggregates::call_session::{
    CallCommand, CallPlan, CallPurpose, CallSession, CallStart,
};
use bitacora_domain::aggregates::channel_account::{ChannelAccount, ChannelCommand, ChannelKind};
use bitacora_domain::aggregates::contact::{
    ConsentScope, Contact, ContactCommand, Identity, IdentityKind,
};
use bitacora_domain::{
    Actor, CallId, ChannelAccountId, CommandId, ContactId, DomainAggregate, Personal, Subject,
    TenantId,
};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::Options;
use super::fake::ACCOUNT;
use crate::kill::server::Installation;

/// Numbers of each tenant: a line dials once a second.
const NUMBERS: u64 = 2;
/// Every so many contacts, one is wanted by two calls at a time.
const SHARED_EVERY: u64 = 5;
/// Every so many calls, somebody wants one to end as soon as it has begun.
const HUNG_UP_EVERY: u64 = 7;
/// For how long that is tried.
const HANGING_UP: Duration = Duration::from_mins(2);

/// Do two calls of one moment go to this number?
pub(super) fn is_shared(number: &str) -> bool {
    let digit = number.chars().last().and_then(|last| last.to_digit(10));
    digit.is_some_and(|digit| u64::from(digit) % SHARED_EVERY == 0)
}

/// Somebody to be called.
struct Callee {
    tenant: TenantId,
    channel: ChannelAccountId,
    contact: ContactId,
    number: String,
}

/// Everything that is needed to want calls.
pub(super) struct Stage {
    bus: CommandBus,
    callees: Vec<Callee>,
    calls: u64,
    seed: u64,
}

impl Stage {
    /// Sets the stage; the server need not be running.
    pub(super) async fn set(
        options: &Options,
        installation: &Installation,
        db: &TestDb,
    ) -> anyhow::Result<Self> {
        let key = InstallationKey::new([0x5a; 32]);
        let log = PgLog::start(
            &db.options(),
            db.pools(),
            Arc::new(|_, _| {}),
            key.clone(),
            AppenderOptions::default(),
        )
        .await?;
        let bus = CommandBus::new(log, key, Arc::new(SystemClock), BusOptions::default());
        let (callees, calls) = (Vec::new(), options.calls);
        let mut stage = Self { bus, callees, calls, seed: options.seed };
        let mut lines = Vec::new();
        for n in 0..options.tenants {
            let slug = format!("llamadas{n}");
            let created =
                installation.cli(&["tenant", "create", &slug, "--name", "Llamadas"]).await?;
            let tenant = created.get("tenant").and_then(Value::as_str).context("no tenant")?;
            for number in 0..NUMBERS {
                lines.push(stage.line(tenant.parse()?, n * NUMBERS + number).await?);
            }
        }
        for n in 0..options.calls {
            let (tenant, channel) = *lines
                .get(usize::try_from(n)? % lines.len().max(1))
                .context("there are no tenants")?;
            stage.callee(tenant, channel, n).await?;
        }
        Ok(stage)
    }

    /// A number of a tenant.
    async fn line(&self, tenant: TenantId, n: u64) -> anyhow::Result<(TenantId, ChannelAccountId)> {
        let account = format!("{ACCOUNT}/+5411555{n:05}");
        let channel = ChannelAccountId::new(tenant.derive(&format!("twilio:{account}")));
        let connect = ChannelCommand::Connect {
            kind: ChannelKind::Twilio,
            display: account.clone(),
            account,
            name: format!("Línea {n}"),
        };
        self.give::<ChannelAccount>(tenant, channel, connect).await?;
        Ok((tenant, channel))
    }

    async fn callee(
        &mut self,
        tenant: TenantId,
        channel: ChannelAccountId,
        n: u64,
    ) -> anyhow::Result<()> {
        let contact = ContactId::new(tenant.derive(&format!("{}:contact:{n}", self.seed)));
        let number = format!("+54911666{n:05}");
        let value = Personal::new(Subject::contact(contact), number.clone());
        let identities = vec![Identity { kind: IdentityKind::Phone, value }];
        let register = ContactCommand::Register { identities, name: None };
        self.give::<Contact>(tenant, contact, register).await?;
        let (scope, at) = (ConsentScope::Calls, SystemClock.now());
        let consent = ContactCommand::RecordConsent { scope, by: "form".into(), at };
        self.give::<Contact>(tenant, contact, consent).await?;
        self.callees.push(Callee { tenant, channel, contact, number });
        Ok(())
    }

    /// Wants all calls, one after the other.
    pub(super) async fn want_all(self) -> anyhow::Result<()> {
        let stage = Arc::new(self);
        let (mut wanted, mut hanging_up) = (0, Vec::new());
        for callee in &stage.callees {
            for nth in 0..=u64::from(is_shared(&callee.number)) {
                if wanted >= stage.calls {
                    break;
                }
                let call = CallId::new(callee.contact.derive(&format!("call:{nth}")));
                stage.give::<CallSession>(callee.tenant, call, Self::request(callee)).await?;
                wanted += 1;
                if wanted % HUNG_UP_EVERY == 0 {
                    let (stage, tenant) = (Arc::clone(&stage), callee.tenant);
                    hanging_up.push(tokio::spawn(async move { stage.hang_up(tenant, call).await }));
                }
            }
            sleep(Duration::from_millis(10)).await;
        }
        for one in hanging_up {
            one.await?;
        }
        Ok(())
    }

    /// A call at once, at any hour, and once more when that seems of use.
    fn request(callee: &Callee) -> CallCommand {
        let window =
            CallWindow { from_minute: 0, until_minute: 24 * 60, weekdays: (1..=7).collect() };
        let plan = CallPlan {
            channel: Some(callee.channel),
            window,
            max_attempts: 2,
            retry_delay_s: 60,
            ..CallPlan::usual(CallPurpose::Sales)
        };
        CallCommand::RequestCall {
            contact: callee.contact,
            to: Personal::new(Subject::contact(callee.contact), callee.number.clone()),
            plan,
            start: CallStart::AtOnce,
            needs_approval: false,
            callback_of: None,
        }
    }

    /// As soon as there is something to hang up; a call that is over by then is left alone.
    async fn hang_up(&self, tenant: TenantId, call: CallId) {
        let begin = Instant::now();
        while begin.elapsed() < HANGING_UP {
            let body = CallCommand::HangUp { reason: None };
            if self.give::<CallSession>(tenant, call, body).await.is_ok() {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn give<A: DomainAggregate>(
        &self,
        tenant: TenantId,
        id: impl ToString,
        body: A::Body,
    ) -> anyhow::Result<()> {
        let envelope = Envelope::new(
            tenant,
            Actor::system("torture"),
            CommandId::new(SystemClock.fresh_id()),
            self.bus.key().fingerprint(&body)?,
            SystemClock.now(),
        );
        let given = self.bus.execute::<A>(envelope, &id.to_string(), body).await;
        given.map(drop).map_err(|error| anyhow::anyhow!("refused: {error}"))
    }
}
