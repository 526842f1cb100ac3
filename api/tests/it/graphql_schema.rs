//! The schema as text, its descriptions, and its agreement with the read tables.
#![allow(clippy::unwrap_used, reason = "tests")]

use bitacora_api::graphql::modules::{
    billing_orders, channels, contacts, conversations, credit_grants, credit_holds, credit_ledgers,
    handoffs, knowledge_documents, ledger_entries, messages, scheduled, stats, suggestions,
    tickets, timeline,
};
use bitacora_projections::{ColumnType, Table};

#[test]
fn schema_graphql_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../schema.graphql");
    let now = bitacora_api::graphql::sdl();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == now, "schema.graphql is stale: run `bitacora schema > schema.graphql`");
}

#[test]
fn filters_and_orders_name_columns_of_their_tables() {
    type Filters = &'static [(&'static str, ColumnType)];
    type Orders = &'static [&'static str];
    let inputs: &[(&Table, Filters, Orders)] = &[
        (
            conversations::TABLE,
            conversations::ConversationFilter::COLUMNS,
            conversations::ConversationOrder::COLUMNS,
        ),
        (messages::TABLE, messages::MessageFilter::COLUMNS, messages::MessageOrder::COLUMNS),
        (contacts::TABLE, contacts::ContactFilter::COLUMNS, contacts::ContactOrder::COLUMNS),
        (channels::TABLE, channels::ChannelAccountFilter::COLUMNS, &["name"]),
        (timeline::TABLE, timeline::TimelineFilter::COLUMNS, &["position"]),
        (stats::TABLE, stats::DailyStatsFilter::COLUMNS, &["day"]),
        (handoffs::TABLE, handoffs::HandoffFilter::COLUMNS, handoffs::HandoffOrder::COLUMNS),
        (
            billing_orders::TABLE,
            billing_orders::BillingOrderFilter::COLUMNS,
            billing_orders::BillingOrderOrder::COLUMNS,
        ),
        (
            credit_grants::TABLE,
            credit_grants::CreditGrantFilter::COLUMNS,
            credit_grants::CreditGrantOrder::COLUMNS,
        ),
        (
            credit_holds::TABLE,
            credit_holds::CreditHoldFilter::COLUMNS,
            credit_holds::CreditHoldOrder::COLUMNS,
        ),
        (
            ledger_entries::TABLE,
            ledger_entries::LedgerEntryFilter::COLUMNS,
            ledger_entries::LedgerEntryOrder::COLUMNS,
        ),
        (
            knowledge_documents::TABLE,
            knowledge_documents::KnowledgeDocumentFilter::COLUMNS,
            knowledge_documents::KnowledgeDocumentOrder::COLUMNS,
        ),
        (tickets::TABLE, tickets::TicketFilter::COLUMNS, tickets::TicketOrder::COLUMNS),
        (tickets::ENTRIES, tickets::TicketEntryFilter::COLUMNS, &["position"]),
        (tickets::SLA_CLOCKS, tickets::SlaClockFilter::COLUMNS, &["due_at"]),
        (
            suggestions::TABLE,
            suggestions::SuggestionFilter::COLUMNS,
            suggestions::SuggestionOrder::COLUMNS,
        ),
        (
            scheduled::TABLE,
            scheduled::ScheduledMessageFilter::COLUMNS,
            scheduled::ScheduledMessageOrder::COLUMNS,
        ),
    ];
    for (table, filters, orders) in inputs.iter().copied() {
        for (column, ty) in filters {
            let found = table.column(column).unwrap_or_else(|| panic!("{}.{column}", table.name));
            assert_eq!(found.ty, *ty, "{}.{column}", table.name);
        }
        for column in orders {
            let found = table.column(column).unwrap_or_else(|| panic!("{}.{column}", table.name));
            assert_ne!(found.ty, ColumnType::Json, "{}.{column} has no order", table.name);
        }
    }
}

/// Every cell that a node names in its source is a column of its table.
#[test]
fn nodes_read_columns_that_their_tables_have() {
    let sources: &[(&Table, &str)] = &[
        (conversations::TABLE, include_str!("../../src/graphql/modules/conversations.rs")),
        (messages::TABLE, include_str!("../../src/graphql/modules/messages.rs")),
        (contacts::TABLE, include_str!("../../src/graphql/modules/contacts.rs")),
        (channels::TABLE, include_str!("../../src/graphql/modules/channels.rs")),
        (timeline::TABLE, include_str!("../../src/graphql/modules/timeline.rs")),
        (stats::TABLE, include_str!("../../src/graphql/modules/stats.rs")),
        (conversations::TABLE, include_str!("../../src/graphql/modules/conversations/parts.rs")),
        (handoffs::TABLE, include_str!("../../src/graphql/modules/handoffs.rs")),
        (suggestions::TABLE, include_str!("../../src/graphql/modules/suggestions.rs")),
        (tickets::TABLE, include_str!("../../src/graphql/modules/tickets.rs")),
        (tickets::TABLE, include_str!("../../src/graphql/modules/tickets/parts.rs")),
        (tickets::ENTRIES, include_str!("../../src/graphql/modules/tickets/entries.rs")),
        (tickets::SLA_CLOCKS, include_str!("../../src/graphql/modules/tickets/clocks.rs")),
        (scheduled::TABLE, include_str!("../../src/graphql/modules/scheduled.rs")),
        (
            knowledge_documents::TABLE,
            include_str!("../../src/graphql/modules/knowledge_documents.rs"),
        ),
        (
            knowledge_documents::VERSIONS,
            include_str!("../../src/graphql/modules/knowledge_documents/versions.rs"),
        ),
        (billing_orders::TABLE, include_str!("../../src/graphql/modules/billing_orders.rs")),
        (credit_grants::TABLE, include_str!("../../src/graphql/modules/credit_grants.rs")),
        (credit_holds::TABLE, include_str!("../../src/graphql/modules/credit_holds.rs")),
        (credit_ledgers::TABLE, include_str!("../../src/graphql/modules/credit_ledgers.rs")),
        (ledger_entries::TABLE, include_str!("../../src/graphql/modules/ledger_entries.rs")),
    ];
    for (table, source) in sources.iter().copied() {
        let mut named = 0;
        for access in ["text", "int", "truth", "time", "day", "uuid", "json", "texts", "cell"] {
            for rest in source.split(&format!("self.0.{access}(\"")).skip(1) {
                let column = rest.split('"').next().unwrap();
                let found =
                    table.column(column).unwrap_or_else(|| panic!("{}.{column}", table.name));
                let fits = match access {
                    "text" => found.ty == ColumnType::Text,
                    "int" => found.ty == ColumnType::Int,
                    "truth" => found.ty == ColumnType::Bool,
                    "time" => found.ty == ColumnType::Time,
                    "day" => found.ty == ColumnType::Date,
                    "uuid" => found.ty == ColumnType::Uuid,
                    "json" | "texts" => found.ty == ColumnType::Json,
                    _ => true,
                };
                assert!(fits, "{}.{column} is not read as {access}", table.name);
                named += 1;
            }
        }
        assert!(named > 5, "{}: {named}", table.name);
    }
}

/// Descriptions on everything (types, fields, arguments, values), names as the specification
/// advises.
#[test]
fn everything_is_described() {
    let sdl = bitacora_api::graphql::sdl();
    let (mut missing, mut described, mut inside) = (Vec::new(), false, false);
    for line in sdl.lines() {
        let text = line.trim();
        if inside {
            inside = text != "\"\"\"";
            described = !inside;
            continue;
        }
        if text.starts_with("\"\"\"") {
            inside = text == "\"\"\"" || !text.ends_with("\"\"\"");
            described = !inside;
            continue;
        }
        let starts = ["type ", "input ", "enum ", "union ", "interface ", "scalar "];
        let is_type = starts.iter().any(|start| line.starts_with(start));
        let is_field = line.starts_with('\t') && text.starts_with(|c: char| c.is_alphabetic());
        let in_schema_block = ["query:", "mutation:", "subscription:"]
            .iter()
            .any(|start| text.starts_with(start) && text.split_whitespace().count() == 2);
        if (is_type || is_field) && !described && !in_schema_block {
            missing.push(line.to_owned());
        }
        described = false;
    }
    assert!(missing.is_empty(), "without a description:\n{}", missing.join("\n"));
}
