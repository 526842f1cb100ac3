//! The registry of views: one line here per view.

use crate::Projection;

/// Declares the modules and builds the registry over them.
macro_rules! projections {
    ($($module:ident :: $name:ident),+ $(,)?) => {
        $(pub mod $module;)+

        /// All views, in the order of the registry.
        pub fn all() -> Vec<&'static dyn Projection> { vec![$(&$module::$name),+] }
    };
}

projections! {
    ad_mappings::AdMappings,
    api_keys::ApiKeys,
    billing_orders::BillingOrders,
    call_artefacts::CallArtefacts,
    call_attempts::CallAttempts,
    call_follow_ups::CallFollowUps,
    call_turns::CallTurns,
    calls::Calls,
    channels::Channels,
    contact_activity::ContactActivity,
    contacts::Contacts,
    conversations::Conversations,
    credit_grants::CreditGrants,
    credit_holds::CreditHolds,
    credit_ledgers::CreditLedgers,
    deliveries::Deliveries,
    delivery_targets::DeliveryTargets,
    handoffs::Handoffs,
    knowledge_documents::KnowledgeDocuments,
    knowledge_versions::KnowledgeVersions,
    lead_answers::LeadAnswers,
    lead_contacts::LeadContacts,
    lead_disputes::LeadDisputes,
    leads::Leads,
    ledger_entries::LedgerEntries,
    members::Members,
    messages::Messages,
    offer_criteria::OfferCriteria,
    offers::Offers,
    reveals::Reveals,
    scheduled_messages::ScheduledMessages,
    sla_clocks::SlaClocks,
    suggestions::Suggestions,
    tenant_stats::TenantStats,
    ticket_entries::TicketEntries,
    ticket_fields::TicketFields,
    tickets::Tickets,
    timeline::Timeline,
    usage::Usage,
}

/// The view called `name`.
pub fn find(name: &str) -> Option<&'static dyn Projection> {
    all().into_iter().find(|view| view.table().name == name)
}
