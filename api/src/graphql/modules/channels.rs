//! Channel accounts: the WhatsApp numbers of the tenant, and its accounts at other providers.

use async_graphql::{Context, Enum, ID, Object, Result};
use bitacora_domain::StreamId;
use bitacora_domain::aggregates::channel_account as domain;
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::channels;
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use uuid::Uuid;

use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{TextFilter, enum_filter, filter_input};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{List, list_fields};
use crate::graphql::mutation::{self, Entity, Receipted};
use crate::graphql::paging::connection;
use crate::graphql::scalars::Position;

/// The table behind the type.
pub const TABLE: &Table = &channels::TABLE;

/// Where a channel account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ChannelStatus {
    /// In use.
    Connected,
    /// In use, but in trouble.
    Degraded,
    /// Not in use; its number is free.
    Disabled,
}

/// What a channel account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ChannelKind")]
pub enum ChannelKind {
    /// A number of the WhatsApp Cloud API, by its `phone_number_id`.
    Whatsapp,
    /// A page whose ads have forms (Meta Lead Ads), by its id.
    MetaPage,
    /// A telephone number at Twilio: `<AccountSid>/<number in E.164>`.
    Twilio,
    /// An agent of ElevenLabs, by its id.
    #[graphql(name = "ELEVENLABS")]
    ElevenLabs,
    /// A bot of Builderbot, by the account key that we gave it.
    Builderbot,
    /// An inbox of Chatwoot: `<account id>/<inbox id>`.
    Chatwoot,
}

enum_filter!(
    /// Conditions on the kind of a channel account.
    ChannelKindFilter of ChannelKind
);

enum_filter!(
    /// Conditions on the status of a channel account.
    ChannelStatusFilter of ChannelStatus
);

filter_input! {
    /// Conditions on channel accounts. All that are given must hold.
    ChannelAccountFilter {
        /// Where it stands.
        status: ChannelStatusFilter = "status",
        /// What it is.
        kind: ChannelKindFilter = "kind",
        /// Name for the team.
        name: TextFilter = "name",
        /// Meta's id of the number, digits.
        phone_number_id: TextFilter = "phone_number_id",
    }
}

connection! {
    /// A list of channel accounts.
    ChannelAccountConnection / ChannelAccountEdge of ChannelAccount
}

/// A channel account.
#[derive(Clone, Debug)]
pub struct ChannelAccount(pub TableRow);

/// A WhatsApp number of the tenant, or its account at another provider.
#[Object]
impl ChannelAccount {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::ChannelAccount.id(self.0.uuid("id").unwrap_or_default())
    }
    /// The id in raw events and in the history.
    async fn uuid(&self) -> Option<Uuid> {
        self.0.uuid("id")
    }
    /// Number of events so far; `expectedVersion` of a mutation is compared with it.
    async fn version(&self) -> i64 {
        self.0.int("version")
    }
    /// Name for the team.
    async fn name(&self) -> Option<String> {
        self.0.text("name")
    }
    /// What it is.
    async fn kind(&self) -> Option<ChannelKind> {
        enums::of_cell(self.0.cell("kind"))
    }
    /// The provider's id of it, in the form of the kind.
    async fn account(&self) -> Option<String> {
        self.0.text("account")
    }
    /// What people call it: a number, a page.
    async fn display(&self) -> Option<String> {
        self.0.text("display")
    }
    /// The number as people write it; of WhatsApp numbers.
    async fn display_phone_number(&self) -> Option<String> {
        self.0.text("display_phone_number")
    }
    /// Meta's id of the number, digits; of WhatsApp numbers.
    async fn phone_number_id(&self) -> Option<String> {
        self.0.text("phone_number_id")
    }
    /// Meta's id of the business account, digits.
    async fn waba_id(&self) -> Option<String> {
        self.0.text("waba_id")
    }
    /// Where it stands.
    async fn status(&self) -> Option<ChannelStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// Why it is degraded or disabled.
    async fn reason(&self) -> Option<String> {
        self.0.text("reason")
    }
    /// When it was last connected.
    async fn connected_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("connected_at")
    }
    /// When its last event was recorded.
    async fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("updated_at")
    }
}

impl ChannelAccount {
    /// The channel account with this UUID.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn find(caller: &Caller, uuid: Option<Uuid>) -> Result<Option<Self>> {
        let Some(uuid) = uuid else { return Ok(None) };
        Ok(caller.row(TABLE, uuid).await?.map(Self))
    }
}

impl Entity for ChannelAccount {
    async fn after(caller: &Caller, done: &Receipted) -> Option<Self> {
        mutation::reread(caller, done, TABLE, &[]).await.map(Self)
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct ChannelQueries;

#[Object]
impl ChannelQueries {
    /// A channel account by its global id; null when there is none for this tenant.
    async fn channel_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the channel account.")] id: ID,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<Option<ChannelAccount>> {
        let caller = Caller::of(ctx)?;
        let uuid = NodeType::ChannelAccount.uuid(&id)?;
        let stream = StreamId::new(domain::ChannelAccount::TYPE, uuid);
        caller.at_least(at_least, &[TABLE], Some(&stream)).await?;
        ChannelAccount::find(caller, Some(uuid)).await
    }
}

/// Lists of the query root.
#[derive(Default)]
pub struct ChannelLists;

list_fields! {
    /// Lists of the query root.
    ChannelLists {
        /// Channel accounts by name.
        channel_accounts: ChannelAccountConnection [ChannelAccountFilter] =
            |_| List::of(TABLE, "name", Direction::Asc);
    }
}
