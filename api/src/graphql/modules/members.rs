//! Members: the people who work for the tenant.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, Result, SimpleObject};
use bitacora_domain::UserId;
use bitacora_projections::query::{Direction, Filter, Op, Order, Page, TableRow};
use bitacora_projections::views::members;
use bitacora_projections::{Cell, Table};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::conversations::User;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::fault::Fault;
use crate::graphql::filters::{BooleanFilter, IdFilter, TextFilter, enum_filter, filter_input};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::List;
use crate::graphql::mutation::{self, Entity, Receipted};
use crate::graphql::paging::{self, PageArgs, connection};
use crate::graphql::rows::Below;
use crate::graphql::scalars::{Cursor, Position};

/// The table behind the type.
pub const TABLE: &Table = &members::TABLE;
/// Most members that are looked at for an assignment.
const AVAILABLE_MAX: i64 = 100;

/// What a member of a tenant is; what each role may do is in `docs/ACCESS.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "bitacora_domain::Role")]
pub enum Role {
    /// Everything, and the last one cannot leave.
    Owner,
    /// Everything but ownership.
    Admin,
    /// Leads agents.
    Supervisor,
    /// Works in conversations.
    Agent,
    /// Sees and pays bills.
    Billing,
    /// Works with figures.
    Analyst,
    /// Looks at what happened and who did it.
    Auditor,
    /// Only looks.
    Viewer,
}

/// Where a member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MemberStatus {
    /// Was asked, and has not answered.
    Invited,
    /// Works here.
    Active,
    /// Kept out for a while.
    Suspended,
    /// Gone; may come again.
    Removed,
}

enum_filter!(
    /// Conditions on the role of a member.
    RoleFilter of Role
);
enum_filter!(
    /// Conditions on where a member stands.
    MemberStatusFilter of MemberStatus
);

filter_input! {
    /// Conditions on members. All that are given must hold.
    MemberFilter {
        /// What they are.
        role: RoleFilter = "role",
        /// Where they stand.
        status: MemberStatusFilter = "status",
        /// E-mail address, lower case.
        email: TextFilter = "email",
        /// Name.
        name: TextFilter = "name",
        /// The user.
        user: IdFilter = "user_id",
        /// Takes part in automatic assignment.
        available: BooleanFilter = "available",
    }
}

connection! {
    /// A list of members.
    MemberConnection / MemberEdge of Member
}

/// A member.
#[derive(Clone, Debug)]
pub struct Member(pub TableRow);

/// A person who works for the tenant, was invited to, or did once.
#[Object]
impl Member {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::Member.id(self.0.uuid("id").unwrap_or_default())
    }
    /// The id in raw events and in the history.
    async fn uuid(&self) -> Option<Uuid> {
        self.0.uuid("id")
    }
    /// Number of events so far; `expectedVersion` of a mutation is compared with it.
    async fn version(&self) -> i64 {
        self.0.int("version")
    }
    /// The user, once the invitation is accepted.
    async fn user(&self) -> Option<User> {
        self.0.uuid("user_id").map(User::new)
    }
    /// E-mail address, lower case.
    async fn email(&self) -> Option<String> {
        self.0.text("email")
    }
    /// Name, once the invitation is accepted.
    async fn name(&self) -> Option<String> {
        self.0.text("name")
    }
    /// What they are.
    async fn role(&self) -> Option<Role> {
        enums::of_cell(self.0.cell("role"))
    }
    /// Where they stand.
    async fn status(&self) -> Option<MemberStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// Takes part in automatic assignment.
    async fn available(&self) -> bool {
        self.0.truth("available")
    }
    /// Conversations that they take at once.
    async fn capacity(&self) -> i64 {
        self.0.int("capacity")
    }
    /// What they are good at, lower case.
    async fn skills(&self) -> Vec<String> {
        self.0.texts("skills")
    }
    /// When the invitation ends; null when there is none.
    async fn invitation_expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("invitation_expires_at")
    }
    /// When they last became a member.
    async fn joined_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("joined_at")
    }
    /// When the last event was recorded.
    async fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("updated_at")
    }
}

impl Member {
    /// The member that a user is, or was last; read with those of its level.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn find_user(caller: &Caller, user: Option<Uuid>) -> Result<Option<Self>, Fault> {
        let Some(user) = user else { return Ok(None) };
        let page = Page {
            table: TABLE,
            filter: Filter::And(Vec::new()),
            order: vec![Order { column: "updated_at", direction: Direction::Desc }],
            after: None,
            limit: 1,
            backwards: false,
        };
        let rows = caller.below(Below::new(page, "user_id", Cell::Uuid(user))).await?;
        Ok(rows.into_iter().next().map(Self))
    }
}

impl Entity for Member {
    async fn after(caller: &Caller, done: &Receipted) -> Option<Self> {
        mutation::reread(caller, done, TABLE, &[]).await.map(Self)
    }
}

#[ComplexObject]
impl User {
    /// The member that the user is, or was last; null for somebody who never was one, such as
    /// whoever operates the installation.
    async fn member(&self, ctx: &Context<'_>) -> Result<Option<Member>> {
        Ok(Member::find_user(Caller::of(ctx)?, Some(self.uuid)).await?)
    }
    /// Name, as `member` has it.
    async fn name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let member = Member::find_user(Caller::of(ctx)?, Some(self.uuid)).await?;
        Ok(member.and_then(|member| member.0.text("name")))
    }
}

/// A member who takes conversations.
#[derive(Clone, Debug)]
pub struct AvailableMember {
    /// The user.
    pub user: UserId,
    /// Conversations that they take at once.
    pub capacity: i64,
    /// What they are good at, lower case.
    pub skills: Vec<String>,
}

/// Members who take part in automatic assignment, by user, at most 100.
///
/// # Errors
/// When the read store does not answer.
pub async fn available(caller: &Caller) -> Result<Vec<AvailableMember>, Fault> {
    let roles = bitacora_domain::Role::ALL.into_iter().filter(|role| role.can_be_assigned());
    let page = Page {
        table: TABLE,
        filter: Filter::And(vec![
            Filter::Compare("status", Op::Eq, "ACTIVE".into()),
            Filter::Compare("available", Op::Eq, true.into()),
            Filter::In("role", roles.map(|role| role.as_str().into()).collect()),
        ]),
        order: vec![Order { column: "user_id", direction: Direction::Asc }],
        after: None,
        limit: AVAILABLE_MAX,
        backwards: false,
    };
    let rows = caller.app.models.page(caller.tenant(), &page).await?;
    let member = |row: TableRow| {
        let user = UserId::new(row.uuid("user_id")?);
        let (capacity, skills) = (row.int("capacity"), row.texts("skills"));
        Some(AvailableMember { user, capacity, skills })
    };
    Ok(rows.into_iter().filter_map(member).collect())
}

/// Who the caller is.
#[derive(Clone, Debug, SimpleObject)]
pub struct Me {
    /// The user.
    pub user: User,
    /// As what the token lets the user work.
    pub role: Role,
    /// The member that the user is; null for tokens of whoever operates the installation.
    pub member: Option<Member>,
}

/// Fields of the query root.
#[derive(Default)]
pub struct MemberQueries;

#[Object]
impl MemberQueries {
    /// Who the caller is. Not for API keys.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<Me>> {
        let caller = Caller::of(ctx)?;
        let Some((user, role)) = caller.principal.user().zip(caller.principal.role()) else {
            return Ok(None);
        };
        let member = Member::find_user(caller, Some(user.as_uuid())).await?;
        Ok(Some(Me { user: User::new(user.as_uuid()), role: role.into(), member }))
    }

    /// Members by e-mail address, those who are gone included.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of members from the start, 0–100; 20 when not given.")]
        first: Option<i32>,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
        #[graphql(desc = "Number of members from the end, 0–100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<Cursor>,
        #[graphql(desc = "Only those that meet these conditions.")] filter: Option<MemberFilter>,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<MemberConnection> {
        let list = List::of(TABLE, "email", Direction::Asc)
            .filtered(filter.map(MemberFilter::into_filter));
        let args = PageArgs { first, after, last, before };
        Ok(MemberConnection(list.page(ctx, args, at_least).await?))
    }
}
