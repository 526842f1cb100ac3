//! The registry of aggregates: one line here per aggregate, and no `match` on their names
//! anywhere else.

use crate::{AggregateVisitor, DomainAggregate};

/// Declares the modules and builds the registry over them.
macro_rules! aggregates {
    ($($module:ident :: $name:ident),+ $(,)?) => {
        $(pub mod $module;)+

        /// The types of all aggregates, in the order of the registry.
        pub const TYPES: &[&str] = &[$(<$module::$name as cqrs_es::Aggregate>::TYPE),+];

        /// Calls `visitor` with the aggregate whose `TYPE` is `aggregate_type`; `None` when
        /// there is no such aggregate.
        pub fn dispatch<V: AggregateVisitor>(aggregate_type: &str, visitor: V) -> Option<V::Output> {
            $(if aggregate_type == <$module::$name as cqrs_es::Aggregate>::TYPE {
                return Some(visitor.visit::<$module::$name>());
            })+
            None
        }

        /// Calls a clone of `visitor` with every aggregate.
        pub fn visit_all<V: AggregateVisitor + Clone>(visitor: &V) -> Vec<V::Output> {
            vec![$(visitor.clone().visit::<$module::$name>()),+]
        }

        const _: () = { fn check<A: DomainAggregate>() {} fn all() { $(check::<$module::$name>();)+ } let _ = all; };
    };
}

aggregates! {
    api_key::ApiKey,
    billing_order::BillingOrder,
    call_session::CallSession,
    channel_account::ChannelAccount,
    contact::Contact,
    conversation::Conversation,
    credit_ledger::CreditLedger,
    delivery::Delivery,
    knowledge_document::KnowledgeDocument,
    lead::Lead,
    membership::Membership,
    offer::Offer,
    tenant::Tenant,
    ticket::Ticket,
    user::User,
}
