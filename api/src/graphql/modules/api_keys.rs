//! API keys: with which programs work for the tenant.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use bitacora_domain::aggregates::api_key::{ApiKey as Aggregate, ApiKeyCommand as Command};
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::api_keys;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::graphql::access::Capability as C;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::fault::Fault;
use crate::graphql::filters::{DateTimeFilter, TextFilter, filter_input};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::List;
use crate::graphql::mutation::{
    self, Entity, Payload, Receipt, Receipted, Run, Target, Unmet, UserError, mutation_errors,
    mutation_input, mutation_types,
};
use crate::graphql::paging::{self, PageArgs, connection};
use crate::graphql::scalars::{Cursor, Position};

/// The table behind the type.
pub const TABLE: &Table = &api_keys::TABLE;

/// Something that not everybody may do; which roles may what is in `docs/ACCESS.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "bitacora_domain::Capability")]
pub enum Capability {
    /// Read conversations, messages and contacts.
    Read,
    /// See figures.
    Figures,
    /// See the tenant's settings, its channels and its members.
    Settings,
    /// Work in conversations and with contacts.
    Work,
    /// Lead others.
    Supervise,
    /// Change the tenant and its channels.
    Configure,
    /// Change the plan and pay for it.
    Billing,
    /// Invite, change and remove members. Not for keys.
    Members,
    /// Issue and revoke API keys. Not for keys.
    ApiKeys,
    /// Record providers' facts by hand.
    Integrate,
    /// See raw events and the history of aggregates.
    Audit,
    /// See and repair projections, effects and the inbox.
    Operate,
}

filter_input! {
    /// Conditions on API keys. All that are given must hold.
    ApiKeyFilter {
        /// What it is for.
        name: TextFilter = "name",
        /// When it was revoked; `isNull: true` for those that were not.
        revoked_at: DateTimeFilter = "revoked_at",
    }
}

connection! {
    /// A list of API keys.
    ApiKeyConnection / ApiKeyEdge of ApiKey
}

/// An API key.
#[derive(Clone, Debug)]
pub struct ApiKey(pub TableRow);

/// A key of a program. The key itself is shown once, when it is issued.
#[Object]
impl ApiKey {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::ApiKey.id(self.0.uuid("id").unwrap_or_default())
    }
    /// The id in raw events and in the history.
    async fn uuid(&self) -> Option<Uuid> {
        self.0.uuid("id")
    }
    /// Number of events so far; `expectedVersion` of a mutation is compared with it.
    async fn version(&self) -> i64 {
        self.0.int("version")
    }
    /// What it is for.
    async fn name(&self) -> Option<String> {
        self.0.text("name")
    }
    /// Beginning of the key, to know it again.
    async fn prefix(&self) -> Option<String> {
        self.0.text("prefix")
    }
    /// What it may do.
    async fn scopes(&self) -> Vec<Capability> {
        let scopes = self.0.texts("scopes").into_iter();
        scopes.filter_map(|scope| enums::of_cell(&scope.into())).collect()
    }
    /// When it was issued.
    async fn issued_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("issued_at")
    }
    /// Kind and id of who issued it, such as `user:<uuid>`.
    async fn issued_by(&self) -> Option<String> {
        self.0.text("issued_by")
    }
    /// When it ends by itself; null for never.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("expires_at")
    }
    /// When it was revoked.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("revoked_at")
    }
    /// Why it was revoked.
    async fn reason(&self) -> Option<String> {
        self.0.text("reason")
    }
}

impl Entity for ApiKey {
    async fn after(caller: &Caller, done: &Receipted) -> Option<Self> {
        mutation::reread(caller, done, TABLE, &[]).await.map(Self)
    }
}

mutation_input! {
    /// A key to issue.
    "issueApiKey": IssueApiKeyInput [] |_input| None; {
        /// What it is for, 1–100 characters.
        pub name: String,
        /// What it may do; at least one, and neither `MEMBERS` nor `API_KEYS`.
        pub scopes: Vec<Capability>,
        /// When it ends by itself; never when absent.
        pub expires_at: Option<DateTime<Utc>>,
    }
}
mutation_errors! { "issueApiKey" IssueApiKeyError }

/// What became of `issueApiKey`.
#[derive(SimpleObject)]
pub struct IssueApiKeyPayload {
    /// The key's description; null when it failed or the read side is late.
    pub api_key: Option<ApiKey>,
    /// The key itself: send it as `Authorization: Bearer …` or `X-Api-Key`. It is shown here and
    /// never again; null when it failed, and for a retry (`receipt.replayed`): revoke it then
    /// and issue another.
    pub key: Option<String>,
    /// Where the outcome stands; null when the mutation failed.
    pub receipt: Option<Receipt>,
    /// Why it failed; empty when it did not.
    pub errors: Vec<IssueApiKeyError>,
    /// As in the input.
    pub client_mutation_id: Option<String>,
}

impl Payload for IssueApiKeyPayload {
    type Entity = ApiKey;
    fn done(done: &Receipted, api_key: Option<ApiKey>, echo: Option<String>) -> Self {
        let receipt = Some(done.to_graphql());
        Self { api_key, key: None, receipt, errors: Vec::new(), client_mutation_id: echo }
    }
    fn failed(error: UserError, client_mutation_id: Option<String>) -> Self {
        let errors = vec![error.into()];
        Self { api_key: None, key: None, receipt: None, errors, client_mutation_id }
    }
}

mutation_types! {
    /// A key to end.
    "revokeApiKey": RevokeApiKeyInput {
        /// The key.
        pub id: ID,
        /// Why, for the record; at most 500 characters.
        pub reason: Option<String>,
    } -> RevokeApiKeyPayload | RevokeApiKeyError {
        /// The key's description; null when it failed or the read side is late.
        api_key: ApiKey
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct ApiKeyQueries;

#[Object]
impl ApiKeyQueries {
    /// API keys, the latest first, those that have ended included.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of keys from the start, 0–100; 20 when not given.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
        #[graphql(desc = "Number of keys from the end, 0–100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<Cursor>,
        #[graphql(desc = "Only those that meet these conditions.")] filter: Option<ApiKeyFilter>,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<ApiKeyConnection> {
        let list = List::of(TABLE, "issued_at", Direction::Desc)
            .filtered(filter.map(ApiKeyFilter::into_filter));
        let args = PageArgs { first, after, last, before };
        Ok(ApiKeyConnection(list.page(ctx, args, at_least).await?))
    }
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct ApiKeyMutations;

#[Object]
impl ApiKeyMutations {
    /// Issues a key for a program.
    async fn issue_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For what, and what it may do.")] input: IssueApiKeyInput,
    ) -> Result<IssueApiKeyPayload> {
        let run = Run::begin(ctx, C::ApiKeys, &input)?;
        let minted = run.caller().app.people.mint_key().map_err(Fault::unavailable)?;
        let body = Command::Issue {
            name: input.name.clone(),
            scopes: input.scopes.iter().map(|scope| (*scope).into()).collect(),
            key_hash: minted.hash,
            prefix: minted.prefix,
            expires_at: input.expires_at,
        };
        let prepare = |_| std::future::ready(Ok::<_, Unmet>(body));
        let outcome = run.execute::<Aggregate, _>(Target::New, prepare).await?;
        let mut payload: IssueApiKeyPayload = run.payload(outcome).await;
        let first = payload.receipt.as_ref().is_some_and(|receipt| !receipt.replayed);
        payload.key = first.then_some(minted.text);
        Ok(payload)
    }

    /// Ends a key for good, within two seconds.
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which key, and why.")] input: RevokeApiKeyInput,
    ) -> Result<RevokeApiKeyPayload> {
        let reason = input.reason.clone();
        let target = Target::Existing(NodeType::ApiKey, &input.id);
        let answer = mutation::answer::<Aggregate, _, _>;
        answer(ctx, C::ApiKeys, &input, target, |_| Command::Revoke { reason }).await
    }
}
