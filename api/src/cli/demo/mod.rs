//! `bitacora demo`: two shops and their customers, played by signed webhooks over HTTP.
//!
//! A run is a *day*. All provider ids follow from (seed, day, scene), and the times from when the
//! day began, so playing the same day again sends the same bytes and changes nothing; each run
//! without `--day` begins the next day and adds to the conversations. Which days began when is
//! kept in `demo-days` in the state directory.

mod articles;
mod banner;
pub(super) mod cast;
mod client;
mod days;
mod play;
mod script;
mod story;
mod wire;

use bitacora_api::auth::Auth;
use bitacora_api::config::Config;
use bitacora_commands::people::NewMember;
use bitacora_domain::aggregates::channel_account::{ChannelCommand, ChannelKind};
use bitacora_domain::aggregates::tenant::Plan;
use bitacora_domain::{ChannelAccountId, CommandId, UserId};
use chrono::TimeDelta;
use serde_json::json;

use self::cast::{PASSWORD, SHOPS, Shop, TEAM};
use self::client::{Client, signed_curl};
use self::wire::Day;
use super::compose::{Backend, WHATSAPP};
use super::tenant::{self, NewTenant};
use super::{Context, Exit, Failure};

/// How long the printed tokens are good.
const TOKEN_HOURS: i64 = 12;
/// Seed of `make run`.
const SEED: u64 = 7;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Address of the running server [default: the configured one]
    #[arg(long)]
    url: Option<String>,
    /// Another seed: another rhythm, other ids.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// Plays this day again and not a new one.
    #[arg(long)]
    day: Option<u64>,
    /// Goes on with a message now and then for ten minutes.
    #[arg(long)]
    trickle: bool,
}

impl Args {
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        let config = context.config()?;
        let url = self.url.clone().unwrap_or_else(|| format!("http://{}", config.bind));
        let backend = Backend::open(&config).await?;
        let stage = Stage::set_day(&config, &backend, &url, self.seed, self.day).await;
        backend.close().await?;
        let stage = stage?;
        stage.announce(&context);
        stage.play(&context, self.trickle).await?;
        Ok(Exit::Done)
    }
}

/// Everything that a performance needs.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    client: Client,
    url: String,
    day: Day,
    /// One per shop, in their order.
    tokens: Vec<String>,
    /// The team can log in.
    logins: bool,
}

impl Stage {
    /// Makes the shops and begins the next day.
    pub(super) async fn set(
        config: &Config,
        backend: &Backend,
        url: &str,
    ) -> Result<Self, Failure> {
        Self::set_day(config, backend, url, SEED, None).await
    }

    async fn set_day(
        config: &Config,
        backend: &Backend,
        url: &str,
        seed: u64,
        number: Option<u64>,
    ) -> Result<Self, Failure> {
        let now = backend.clock.now();
        let auth = Auth::new(backend.keys.jwt.reveal().as_bytes());
        let mut tokens = Vec::new();
        for shop in &SHOPS {
            open_shop(backend, shop).await?;
            connect_page(backend, shop).await?;
            let [first, _] = &TEAM;
            let user = hire(config, backend, shop).await?;
            let ttl = TimeDelta::hours(TOKEN_HOURS);
            let token = auth.mint(shop.tenant(), user, first.role, now, ttl);
            tokens.push(token.map_err(Failure::internal)?);
        }
        let secret = backend.keys.whatsapp_app.first().cloned();
        let secret = secret.ok_or_else(|| Failure::usage("no WhatsApp app secret"))?;
        let day = days::begin(&config.state_dir, seed, number, now.timestamp())?;
        let logins = config.bind.ip().is_loopback();
        Ok(Self { client: Client::new(url, secret)?, url: url.to_owned(), day, tokens, logins })
    }

    /// Prints where the server is, who may log in, a token and three things to try.
    pub(super) fn announce(&self, context: &Context) {
        let token = self.tokens.first().map_or("", String::as_str);
        let [shop, _] = &SHOPS;
        let query =
            "{ conversations(first: 5) { nodes { contact { name } status unread preview } } }";
        let ask = format!(
            "curl -s {}/graphql -H 'authorization: Bearer {token}' -H 'content-type: application/json' -d '{}'",
            self.url,
            json!({ "query": query })
        );
        let webhook = signed_curl(&self.client, shop, self.day.started).unwrap_or_default();
        let people = TEAM.iter().filter(|_| self.logins);
        let emails: Vec<_> = people.map(|colleague| colleague.email).collect();
        let document = json!({ "event": "demo", "url": self.url, "graphiql": format!("{}/graphql", self.url),
            "tenant": shop.tenant(), "token": token, "day": self.day.number, "query": ask,
            "webhook": webhook, "logins": emails });
        let logins = if self.logins { banner::logins() } else { String::new() };
        context.out.emit(&document, || {
            format!(
                "\nDemo, día {}: {} y {}.\n{logins}\n\nToken de {} (12 h):\n{token}\n\nTres cosas para probar:\n\
                 1. GraphiQL en {}/graphql : pegue el token y elija un ejemplo de la lista.\n\
                 2. Las conversaciones:\n   {ask}\n\
                 3. Un mensaje firmado, como lo manda Meta ({WHATSAPP}):\n   {webhook}\n",
                self.day.number, SHOPS[0].name, SHOPS[1].name, shop.name, self.url
            )
        });
    }
}

/// Makes the team members of the shop, and says in whose name the demo works. A password that
/// everybody knows is for a server that only this machine reaches: elsewhere nobody can log in,
/// and the demo works in the name of somebody who is no member.
async fn hire(config: &Config, backend: &Backend, shop: &Shop) -> Result<UserId, Failure> {
    let mut hired = None;
    for colleague in TEAM.iter().filter(|_| config.bind.ip().is_loopback()) {
        let member = NewMember {
            tenant: shop.tenant(),
            email: colleague.email.to_owned(),
            name: colleague.name.to_owned(),
            password: PASSWORD.to_owned(),
            role: colleague.role,
        };
        let user = backend.people.ensure_member(member).await.map_err(Failure::internal)?;
        hired.get_or_insert(user);
    }
    Ok(hired.unwrap_or_else(|| UserId::new(shop.tenant().derive("agent"))))
}

/// Makes the shop's tenant and connects its number. The commands have fixed ids: the second time
/// they are replays.
async fn open_shop(backend: &Backend, shop: &Shop) -> Result<(), Failure> {
    let command = |what: &str| CommandId::from_fact(&format!("demo:{what}:{}", shop.slug));
    let new = NewTenant {
        tenant: shop.tenant(),
        slug: shop.slug.to_owned(),
        name: shop.name.to_owned(),
        time_zone: "America/Argentina/Buenos_Aires".to_owned(),
        plan: Plan::Pro,
    };
    tenant::create(backend, command("tenant"), new).await?;
    let connect = ChannelCommand::ConnectWhatsApp {
        phone_number_id: shop.phone_number_id.to_owned(),
        waba_id: Some(shop.waba_id.to_owned()),
        display_phone_number: shop.display_phone.to_owned(),
        name: shop.name.to_owned(),
    };
    let place = (shop.tenant(), shop.channel());
    tenant::connect(backend, command("whatsapp"), place, connect).await?;
    Ok(())
}

/// Connects the page whose ads bring the shop leads, if it has one.
async fn connect_page(backend: &Backend, shop: &Shop) -> Result<(), Failure> {
    let Some(page) = shop.page else { return Ok(()) };
    let command = CommandId::from_fact(&format!("demo:page:{}", shop.slug));
    let channel = ChannelAccountId::new(shop.tenant().derive("page"));
    let connect = ChannelCommand::Connect {
        kind: ChannelKind::MetaPage,
        account: page.to_owned(),
        display: shop.name.to_owned(),
        name: "Anuncios".to_owned(),
    };
    tenant::connect(backend, command, (shop.tenant(), channel), connect).await?;
    Ok(())
}
