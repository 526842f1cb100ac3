-- The effects of a batch's winners. An effect that is due at once is due since its event
-- happened, whatever a provider's clock says (a virtual clock in tests may be behind the
-- database's).
insert into effects.queue (id, tenant_id, kind, serial_key, lane, position, ordinal, payload,
                           due_at, next_attempt_at, event_id, correlation_id, traceparent, created_at)
select e.id, e.tenant_id, e.kind, e.serial_key, $1, e.position, e.ordinal, e.payload,
       coalesce(e.due_at, least(e.occurred_at, $2)), coalesce(e.due_at, least(e.occurred_at, $2)),
       e.event_id, e.correlation_id, e.traceparent, $2
  from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::smallint[],
              $9::jsonb[], $10::timestamptz[], $11::uuid[], $12::uuid[], $13::text[],
              $14::timestamptz[])
    as e (id, tenant_id, kind, serial_key, position, ordinal, payload, due_at,
          event_id, correlation_id, traceparent, occurred_at)
on conflict (id) do nothing
