//! What the API asks most is a range of an index: no sort, and the cursor is where it starts.

use bitacora_adapters::read::page_statement;
use bitacora_adapters::testing::TestDb;
use bitacora_projections::ports::ReadStore as _;
use bitacora_projections::query::{Direction, Filter, Op, Order, Page};
use bitacora_projections::{Cell, views};
use chrono::DateTime;

use crate::support::{A, execute, id, side};

/// Rows of two tenants; one has a hundred thousand.
const ROWS: &str = "
    insert into read_store.conversations_v2_g1 (tenant_id, id, contact_id, channel_id, status,
      labels, unread, last_activity_at, started_at, updated_at, version, phase, handoff, handoff_count,
      ai_paused, opted_out, priority, priority_rank, responses, response_ms_total, merged_from, links, scheduled,
      team, assignee_id, waiting_since, snoozed_until)
    select ('00000000-0000-0000-0000-00000000000' || case when n % 10 = 0 then 'b' else 'a' end)::uuid, gen_random_uuid(),
      gen_random_uuid(), gen_random_uuid(), (array['OPEN', 'SNOOZED', 'RESOLVED', 'CLOSED'])[1 + n % 4], '[]', n % 7, now() - n * interval '1 s', now(),
      now(), 1, (array['PENDING_BOT', 'AWAITING_AGENT', 'HUMAN_ACTIVE', 'CLOSED'])[1 + n % 4], 'NONE', 0,
      false, false, 'LOW', n % 4, 0, 0, '[]', '[]', 0, 'team' || n % 9, case when n % 40 > 0 then ('00000000-0000-0000-0000-' || lpad((n % 40)::text, 12, '0'))::uuid end,
      case when n % 3 = 0 then now() - n * interval '1 s' end, case when n % 50 = 0 then now() end
      from generate_series(1, 110000) n;
    insert into read_store.messages_v2_g1 (tenant_id, id, conversation_id, direction, kind, sender,
      forwarded, at, position, attempts, first_response)
    select '00000000-0000-0000-0000-00000000000a', gen_random_uuid(), ('00000000-0000-0000-0000-' || lpad((n % 20)::text, 12, '0'))::uuid,
      'INBOUND', 'TEXT', 'contact', false, now(), n, 0, false from generate_series(1, 100000) n;
    analyze read_store.conversations_v2_g1, read_store.messages_v2_g1";

const CONTACTS: &str = "
    insert into read_store.contacts_v3_g1 (tenant_id, id, opted_out_marketing, opted_out_all, version,
      call_consent, do_not_call, last_message_at)
    select '00000000-0000-0000-0000-00000000000a', gen_random_uuid(), false, false, 1, false, false,
      case when n % 3 = 0 then now() - n * interval '1 s' end from generate_series(1, 50000) n;
    analyze read_store.contacts_v3_g1";

async fn explain(db: &TestDb, page: &Page) -> String {
    let mut tx = db.pools().api.begin().await.unwrap();
    sqlx::query("select set_config('app.tenant_id', $1, true)")
        .bind(A.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
    let text = page_statement(A, page).unwrap();
    // The statement as prepared, planned for whatever values come.
    let given = (1..=parameters(&text)).map(|_| "null").collect::<Vec<_>>().join(", ");
    let sql = format!(
        "set local plan_cache_mode = force_generic_plan; prepare page as {text}; \
         explain execute page({given})"
    );
    let rows = sqlx::raw_sql(&sql).fetch_all(&mut *tx).await.unwrap();
    sqlx::raw_sql("deallocate page").execute(&mut *tx).await.unwrap();
    rows.iter().map(|row| sqlx::Row::get::<String, _>(row, 0)).collect::<Vec<_>>().join("\n")
}

fn parameters(text: &str) -> usize {
    (1..20).take_while(|n| text.contains(&format!("${n}"))).count()
}

/// One filling for all of them: it takes longer than they do.
#[tokio::test]
async fn what_the_inbox_asks_are_ranges_of_an_index() {
    let db = TestDb::new().await;
    let side = side(&db);
    for view in ["conversations", "messages", "contacts"] {
        side.store.ensure(views::find(view).unwrap().table()).await.unwrap();
    }
    execute(&db, ROWS).await;
    execute(&db, CONTACTS).await;
    inbox_and_thread(&db).await;
    tabs_and_orders_of_the_inbox(&db).await;
    pages_of_those_who_wait_start_at_their_cursor(&db).await;
}

async fn inbox_and_thread(db: &TestDb) {
    let table = |name| views::find(name).unwrap().table();
    let (conversations, messages) = (table("conversations"), table("messages"));
    let page = |table, filter, column| Page {
        table,
        filter,
        order: vec![Order { column, direction: Direction::Desc }],
        after: None,
        limit: 51,
        backwards: false,
    };
    let at: Cell = DateTime::UNIX_EPOCH.into();
    let of_contact = Filter::Compare("contact_id", Op::Eq, id(2).into());
    let of_thread = Filter::Compare("conversation_id", Op::Eq, id(3).into());
    for (page, index, start) in [
        (page(conversations, Filter::And(vec![]), "last_activity_at"), "inbox", at.clone()),
        (page(conversations, of_contact, "last_activity_at"), "by_contact", at),
        (page(messages, of_thread, "position"), "thread", Cell::Int(5)),
    ] {
        let column = page.order[0].column;
        let later = Page { after: Some(vec![start, id(1).into()]), ..page.clone() };
        let back = Page { backwards: true, ..later.clone() };
        for (page, way) in [(page, ""), (later, ""), (back, " Backward")] {
            let (plan, name) = (explain(db, &page).await, page.table.name);
            let scan = format!("Index Scan{way} using {name}_v2_g1_{index}");
            assert!(plan.contains(&scan) && !plan.contains("Sort"), "{name}: {plan}");
            if page.after.is_some() {
                let condition =
                    plan.lines().find(|l| l.contains("Index Cond")).unwrap().replace('"', "");
                assert!(condition.contains(&format!("ROW({column}, id)")), "{plan}");
            }
        }
    }
}

/// What the inbox is narrowed to and ordered by, as `ConversationFilter` says of itself.
async fn tabs_and_orders_of_the_inbox(db: &TestDb) {
    let table = views::find("conversations").unwrap().table();
    let by = |column, direction| Order { column, direction };
    let (asc, desc) = (Direction::Asc, Direction::Desc);
    let activity = vec![by("last_activity_at", desc)];
    let is = |column, text: &str| Filter::Compare(column, Op::Eq, text.into());
    let all = || Filter::And(vec![]);
    let mine = Filter::Compare("assignee_id", Op::Eq, id(4).into());
    let nobody = Filter::IsNull("assignee_id", true);
    let open = |whose: &Filter| Filter::And(vec![is("status", "OPEN"), whose.clone()]);
    let (open_of_mine, open_of_nobody) = (open(&mine), open(&nobody));
    let urgent = vec![by("priority_rank", desc), by("last_activity_at", desc)];
    let unread = vec![by("unread", desc), by("last_activity_at", desc)];
    for (filter, order, index) in [
        (is("phase", "AWAITING_AGENT"), activity.clone(), "by_phase"),
        (is("status", "OPEN"), activity.clone(), "by_status"),
        (is("team", "team3"), activity.clone(), "by_team"),
        (mine, activity.clone(), "by_assignee"),
        (nobody, activity.clone(), "by_assignee"),
        (open_of_mine, activity.clone(), "by_work"),
        (open_of_nobody, activity, "by_work"),
        (all(), urgent, "by_priority"),
        (all(), unread, "by_unread"),
        (all(), vec![by("waiting_since", asc)], "by_waiting"),
        (all(), vec![by("snoozed_until", asc)], "by_snooze"),
    ] {
        for backwards in [false, true] {
            let (filter, order) = (filter.clone(), order.clone());
            let page = Page { table, filter, order, after: None, limit: 51, backwards };
            let plan = explain(db, &page).await;
            let scan = format!("using conversations_v2_g1_{index}");
            assert!(plan.contains(&scan) && !plan.contains("Sort"), "{index}: {plan}");
        }
    }
}

/// Whose NULLs the filter leaves out is paged by ranges, as what has none.
async fn pages_of_those_who_wait_start_at_their_cursor(db: &TestDb) {
    let table = |name| views::find(name).unwrap().table();
    let at: Cell = DateTime::UNIX_EPOCH.into();
    for (view, version, column, index, ways) in [
        ("conversations", 2, "waiting_since", "by_waiting", ["", " Backward"]),
        ("contacts", 3, "last_message_at", "by_last_message", [" Backward", ""]),
    ] {
        for (direction, way) in [Direction::Asc, Direction::Desc].into_iter().zip(ways) {
            for filter in [
                Filter::IsNull(column, false),
                Filter::And(vec![Filter::Compare(column, Op::Gt, at.clone())]),
            ] {
                let page = Page {
                    table: table(view),
                    filter,
                    order: vec![Order { column, direction }],
                    after: Some(vec![at.clone(), id(1).into()]),
                    limit: 51,
                    backwards: false,
                };
                let plan = explain(db, &page).await;
                let scan = format!("Index Scan{way} using {view}_v{version}_g1_{index}");
                assert!(plan.contains(&scan) && !plan.contains("Sort"), "{plan}");
                assert!(plan.contains(&format!("ROW({column}, id)")), "{plan}");
            }
        }
    }
}

/// A hundred thousand tickets of one tenant, each with the clock of its resolution.
const TICKETS: &str = "
    insert into read_store.tickets_v1_g1 (tenant_id, id, number, contact_id, conversation_id, origin,
      status, category, priority, priority_rank, tags, missing_fields, assignee_id, team,
      escalation_level, opened_by, opened_at, awaiting_since, replies, responses, response_ms_total,
      comments, breached, breaches, first_response_sla, next_response_sla, resolution_sla, reopened,
      merged_from, links, version, updated_at)
    select '00000000-0000-0000-0000-00000000000a', gen_random_uuid(), n, gen_random_uuid(), gen_random_uuid(), 'MANUAL',
      (array['NEW', 'IN_PROGRESS', 'RESOLVED', 'CLOSED'])[1 + n % 4], (array['RECLAMO', 'INFO', 'OTRO'])[1 + n % 3], 'LOW', n % 4,
      '[]', '[]', case when n % 40 > 0 then ('00000000-0000-0000-0000-' || lpad((n % 40)::text, 12, '0'))::uuid end, 'team' || n % 9,
      0, 'user:x', now(), case when n % 3 = 0 then now() - n * interval '1 s' end, 0, 0, 0,
      0, false, 0, 'NONE', 'NONE', 'NONE', 0, '[]', '[]', 1, now() from generate_series(1, 100000) n;
    insert into read_store.sla_clocks_v1_g1 (tenant_id, id, ticket_id, target, state, pending, due_at,
      elapsed_ms, priority, priority_rank, category, assignee_id, team)
    select tenant_id, gen_random_uuid(), id, (array['FIRST_RESPONSE', 'NEXT_RESPONSE', 'RESOLUTION'])[1 + number % 3], 'RUNNING', number % 5 = 0,
      now() + number * interval '1 s', 0, priority, priority_rank, category, assignee_id, team from read_store.tickets_v1_g1;
    analyze read_store.tickets_v1_g1, read_store.sla_clocks_v1_g1";

/// What the board is narrowed to and ordered by, as `TicketFilter` says of itself, and what is due.
#[tokio::test]
async fn the_board_and_what_is_due_are_ranges_of_an_index() {
    let db = TestDb::new().await;
    let side = side(&db);
    let table = |name| views::find(name).unwrap().table();
    for view in ["tickets", "sla_clocks"] {
        side.store.ensure(table(view)).await.unwrap();
    }
    execute(&db, TICKETS).await;
    let by = |column, direction| Order { column, direction };
    let (asc, desc) = (Direction::Asc, Direction::Desc);
    let is = |column, text: &str| Filter::Compare(column, Op::Eq, text.into());
    let one = |column| Filter::Compare(column, Op::Eq, id(4).into());
    let pending = || Filter::Compare("pending", Op::Eq, Cell::Bool(true));
    let due = |more: Filter| Filter::And(vec![pending(), more]);
    let numbers = || vec![by("number", desc)];
    let urgent = vec![by("priority_rank", desc), by("number", desc)];
    let working = Filter::And(vec![one("assignee_id"), is("status", "NEW")]);
    for (view, filter, order, index) in [
        ("tickets", Filter::And(vec![]), numbers(), "by_number"),
        ("tickets", Filter::Compare("number", Op::Eq, Cell::Int(7)), numbers(), "by_number"),
        ("tickets", is("status", "NEW"), numbers(), "by_status"),
        ("tickets", is("team", "team3"), numbers(), "by_team"),
        ("tickets", is("category", "INFO"), numbers(), "by_category"),
        ("tickets", one("assignee_id"), numbers(), "by_assignee"),
        ("tickets", Filter::IsNull("assignee_id", true), numbers(), "by_assignee"),
        ("tickets", working, numbers(), "by_work"),
        ("tickets", one("contact_id"), numbers(), "by_contact"),
        ("tickets", one("conversation_id"), numbers(), "by_conversation"),
        ("tickets", Filter::And(vec![]), urgent.clone(), "by_priority"),
        ("tickets", is("status", "NEW"), urgent, "by_urgency"),
        ("tickets", Filter::And(vec![]), vec![by("awaiting_since", asc)], "by_waiting"),
        ("sla_clocks", pending(), vec![by("due_at", asc)], "by_due"),
        ("sla_clocks", due(one("assignee_id")), vec![by("due_at", asc)], "by_assignee"),
        ("sla_clocks", due(is("team", "team3")), vec![by("due_at", asc)], "by_team"),
        ("sla_clocks", due(is("target", "RESOLUTION")), vec![by("due_at", asc)], "by_target"),
    ] {
        let table = table(view);
        let page = Page { table, filter, order, after: None, limit: 51, backwards: false };
        let plan = explain(&db, &page).await;
        let scan = format!("using {view}_v1_g1_{index}");
        assert!(plan.contains(&scan) && !plan.contains("Sort"), "{view} {index}: {plan}");
    }
}
