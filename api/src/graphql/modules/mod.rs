//! The registry of GraphQL modules: one line per module here, and one word for each root type
//! that it adds fields to.

/// Declares the modules and merges their fields into the three root types.
macro_rules! graphql_modules {
    (
        modules { $($module:ident),+ $(,)? }
        query { $($query:ident :: $queries:ident),+ $(,)? }
        mutation { $($mutation:ident :: $mutations:ident),+ $(,)? }
        subscription { $($subscription:ident :: $subscriptions:ident),+ $(,)? }
    ) => {
        $(pub mod $module;)+

        /// What can be read.
        #[derive(async_graphql::MergedObject, Default)]
        pub struct Query($($query::$queries),+);

        /// What can be done: one mutation per command that a person gives.
        #[derive(async_graphql::MergedObject, Default)]
        pub struct Mutation($($mutation::$mutations),+);

        /// What can be watched. Every payload carries a cursor to resume with.
        #[derive(async_graphql::MergedSubscription, Default)]
        pub struct Subscription($($subscription::$subscriptions),+);
    };
}

graphql_modules! {
    modules {
        business_hours,
        api_keys,
        channel_commands,
        channels,
        contact_commands,
        contacts,
        conversation_commands,
        conversations,
        effects,
        events,
        handoffs,
        history,
        live,
        member_commands,
        members,
        messages,
        node,
        operations,
        provider_facts,
        scheduled,
        stats,
        suggestions,
        tenant_commands,
        tenants,
        timeline,
        typing,
        usage,
    }
    query {
        api_keys::ApiKeyQueries,
        channels::ChannelQueries,
        channels::ChannelLists,
        contacts::ContactQueries,
        contacts::ContactRootLists,
        conversations::ConversationQueries,
        conversations::ConversationRootLists,
        conversations::InboxQueries,
        effects::EffectQueries,
        handoffs::HandoffQueries,
        history::HistoryQueries,
        members::MemberQueries,
        messages::MessageQueries,
        node::NodeQueries,
        operations::OperationQueries,
        scheduled::ScheduledMessageQueries,
        stats::StatsQueries,
        suggestions::SuggestionQueries,
        tenants::TenantQueries,
        timeline::TimelineQueries,
        usage::UsageQueries,
    }
    mutation {
        api_keys::ApiKeyMutations,
        channel_commands::ChannelMutations,
        contact_commands::ContactMutations,
        conversation_commands::ConversationMutations,
        effects::EffectMutations,
        operations::OperationMutations,
        member_commands::MemberMutations,
        provider_facts::ProviderFactMutations,
        tenant_commands::TenantMutations,
        typing::TypingMutations,
    }
    subscription {
        events::EventSubscriptions,
        live::LiveSubscriptions,
        typing::TypingSubscriptions,
    }
}
