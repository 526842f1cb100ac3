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
        channel_commands,
        channels,
        contact_commands,
        contacts,
        conversation_commands,
        conversations,
        events,
        history,
        live,
        messages,
        node,
        operations,
        provider_facts,
        stats,
        tenant_commands,
        tenants,
        timeline,
    }
    query {
        channels::ChannelQueries,
        contacts::ContactQueries,
        conversations::ConversationQueries,
        history::HistoryQueries,
        messages::MessageQueries,
        node::NodeQueries,
        operations::OperationQueries,
        stats::StatsQueries,
        tenants::TenantQueries,
        timeline::TimelineQueries,
    }
    mutation {
        channel_commands::ChannelMutations,
        contact_commands::ContactMutations,
        conversation_commands::ConversationMutations,
        operations::OperationMutations,
        provider_facts::ProviderFactMutations,
        tenant_commands::TenantMutations,
    }
    subscription {
        events::EventSubscriptions,
        live::LiveSubscriptions,
    }
}
