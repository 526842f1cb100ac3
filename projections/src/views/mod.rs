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
    api_keys::ApiKeys,
    channels::Channels,
    contacts::Contacts,
    conversations::Conversations,
    handoffs::Handoffs,
    members::Members,
    messages::Messages,
    scheduled_messages::ScheduledMessages,
    suggestions::Suggestions,
    tenant_stats::TenantStats,
    timeline::Timeline,
    usage::Usage,
}

/// The view called `name`.
pub fn find(name: &str) -> Option<&'static dyn Projection> {
    all().into_iter().find(|view| view.table().name == name)
}
