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
        activity,
        business_hours,
        api_keys,
        billing_commands,
        billing_orders,
        call_commands,
        call_live,
        calls,
        channel_commands,
        channels,
        contact_commands,
        contact_consent,
        contacts,
        conversation_commands,
        conversations,
        credit_commands,
        credit_grants,
        credit_holds,
        credit_ledgers,
        credit_live,
        effects,
        events,
        handoffs,
        history,
        knowledge_commands,
        knowledge_documents,
        ledger_entries,
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
        ticket_commands,
        ticket_live,
        tickets,
        timeline,
        typing,
        usage,
        deliveries,
        delivery_commands,
        lead_commands,
        lead_live,
        lead_targets,
        leads,
        offer_commands,
        offers,
    }
    query {
        activity::ActivityQueries,
        api_keys::ApiKeyQueries,
        billing_orders::BillingOrderQueries,
        billing_orders::BillingOrderLists,
        calls::CallQueries,
        calls::CallRootLists,
        channels::ChannelQueries,
        channels::ChannelLists,
        contacts::ContactQueries,
        contacts::ContactRootLists,
        conversations::ConversationQueries,
        conversations::ConversationRootLists,
        conversations::InboxQueries,
        credit_grants::CreditGrantQueries,
        credit_holds::CreditHoldQueries,
        credit_ledgers::CreditLedgerQueries,
        effects::EffectQueries,
        handoffs::HandoffQueries,
        history::HistoryQueries,
        knowledge_documents::KnowledgeDocumentQueries,
        knowledge_documents::KnowledgeDocumentRootLists,
        ledger_entries::LedgerEntryQueries,
        members::MemberQueries,
        messages::MessageQueries,
        node::NodeQueries,
        operations::OperationQueries,
        scheduled::ScheduledMessageQueries,
        stats::StatsQueries,
        suggestions::SuggestionQueries,
        tenants::TenantQueries,
        tickets::SlaQueries,
        tickets::TicketQueries,
        tickets::TicketRootLists,
        timeline::TimelineQueries,
        usage::UsageQueries,
        deliveries::DeliveryQueries,
        deliveries::DeliveryRootLists,
        lead_targets::LeadTargetQueries,
        leads::FunnelQueries,
        leads::LeadQueries,
        leads::LeadRootLists,
        offers::OfferQueries,
        offers::OfferRootLists,
    }
    mutation {
        api_keys::ApiKeyMutations,
        billing_commands::BillingMutations,
        call_commands::CallMutations,
        channel_commands::ChannelMutations,
        contact_commands::ContactMutations,
        contact_consent::ContactConsentMutations,
        conversation_commands::ConversationMutations,
        credit_commands::CreditMutations,
        effects::EffectMutations,
        knowledge_commands::KnowledgeMutations,
        operations::OperationMutations,
        member_commands::MemberMutations,
        provider_facts::ProviderFactMutations,
        tenant_commands::TenantMutations,
        ticket_commands::TicketMutations,
        typing::TypingMutations,
        delivery_commands::DeliveryMutations,
        lead_commands::LeadMutations,
        lead_targets::LeadTargetMutations,
        offer_commands::OfferMutations,
    }
    subscription {
        credit_live::CreditSubscriptions,
        call_live::CallSubscriptions,
        events::EventSubscriptions,
        live::LiveSubscriptions,
        ticket_live::TicketSubscriptions,
        typing::TypingSubscriptions,
        lead_live::LeadSubscriptions,
    }
}
