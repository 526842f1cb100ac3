//! Read tables against the log, recomputed by SQL that shares nothing with the views: each
//! position was applied once.

use sqlx::PgPool;

use crate::report::Report;

/// Property and the query that returns its violations.
const PROPERTIES: &[(&str, &str)] = &[
    (
        "every projection reached the end of every lane",
        "select format('%s v%s g%s lane %s: %s of %s', c.name, c.schema, c.generation, c.lane, c.position, h.position)
           from log.lane_heads h
          cross join (select distinct name, schema, generation from ops.read_models where state = 'live') m
           left join ops.checkpoints c using (name, schema, generation, lane)
          where c.position is distinct from h.position",
    ),
    (
        "nothing was parked",
        "select format('%s %s/%s at %s: %s', name, aggregate_type, aggregate_id, position, reason) from ops.parked",
    ),
    (
        "tenant_stats counts every event once",
        "with facts as (
            select tenant_id, (metadata->>'occurred_at')::timestamptz at time zone 'UTC' as at, event_type
              from log.events where aggregate_type = 'conversation'
         ), counted as (
            select tenant_id, at::date as day,
                   count(*) filter (where event_type = 'ConversationStarted') as started,
                   count(*) filter (where event_type = 'ConversationClosed') as closed,
                   count(*) filter (where event_type = 'MessageReceived') as messages_in,
                   count(*) filter (where event_type = 'NoteAdded') as notes
              from facts group by 1, 2
         )
         select format('tenant %s day %s: %s, the log says %s', tenant_id, day,
                       row(s.conversations_started, s.conversations_closed, s.messages_in, s.notes),
                       row(c.started, c.closed, c.messages_in, c.notes))
           from read_store.tenant_stats_v2 s full join counted c using (tenant_id, day)
          where (coalesce(s.conversations_started, 0), coalesce(s.conversations_closed, 0),
                 coalesce(s.messages_in, 0), coalesce(s.notes, 0))
             <> (coalesce(c.started, 0), coalesce(c.closed, 0), coalesce(c.messages_in, 0), coalesce(c.notes, 0))",
    ),
    (
        "conversations has each one at its last version",
        "select format('%s: version %s, the log says %s', coalesce(v.id::text, h.aggregate_id), v.version, h.version)
           from (select * from log.stream_heads where aggregate_type = 'conversation') h
           full join read_store.conversations_v2 v on v.id = h.aggregate_id::uuid and v.tenant_id = h.tenant_id
          where v.version is distinct from h.version",
    ),
    (
        "messages has each one once",
        "select format('%s: in the view %s, in the log %s', coalesce(v.provider_message_id, e.provider), v.id, e.id)
           from (select tenant_id, (payload->event_type->>'message')::uuid as id, position,
                        payload->event_type->>'provider_message_id' as provider
                   from log.events where event_type in ('MessageReceived', 'MessageQueued')) e
           full join read_store.messages_v2 v using (tenant_id, id)
          where (v.provider_message_id, v.position) is distinct from (e.provider, e.position)",
    ),
    (
        "timeline has each noteworthy event once",
        "select format('%s: in the view %s, in the log %s', id, v.position, e.position)
           from (select tenant_id, (metadata->>'event_id')::uuid as id, position from log.events
                  where event_type in ('ConversationStarted', 'MessageReceived', 'MessageQueued', 'NoteAdded',
                                       'LabelAdded', 'LabelRemoved', 'ConversationAssigned',
                                       'ConversationResolved', 'ConversationReopened', 'ConversationClosed',
                                       'ConversationArchived', 'ConversationMerged', 'MergeRecorded',
                                       'ConversationSnoozed', 'ConversationUnsnoozed', 'PriorityChanged',
                                       'ConversationUnassigned', 'HandoffRequested', 'HandoffAccepted',
                                       'HandoffTimedOut', 'HandoffEnded', 'AiPaused', 'AiResumed')) e
           full join read_store.timeline_v1 v using (tenant_id, id)
          where v.position is distinct from e.position",
    ),
];

/// Runs them.
///
/// # Errors
/// When the database cannot be asked.
pub async fn check(report: &mut Report, admin: &PgPool) -> anyhow::Result<()> {
    for (property, query) in PROPERTIES {
        let violations: Vec<String> = sqlx::query_scalar(query).fetch_all(admin).await?;
        report.check(property, violations);
    }
    Ok(())
}
