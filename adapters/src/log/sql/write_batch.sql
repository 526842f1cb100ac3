-- The winners of a batch, all tables in one statement. The sets are disjoint by construction
-- (net changes, computed in memory), so the order in which Postgres runs the parts is free. What
-- is new and what is changed was read under the lock: each goes its own way, since ON CONFLICT
-- looks everything up once more. Returns how many heads were as they should be and were moved.
with new_events as (
    insert into log.events (lane, position, tenant_id, recorded_at, aggregate_type, aggregate_id,
                            sequence, event_type, event_version, payload, metadata)
    select $1, e.position, e.tenant_id, $2, e.aggregate_type, e.aggregate_id,
           e.sequence, e.event_type, e.event_version, e.payload, e.metadata
      from unnest($3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::text[],
                  $9::text[], $10::jsonb[], $11::jsonb[])
        as e (position, tenant_id, aggregate_type, aggregate_id, sequence, event_type,
              event_version, payload, metadata)
), new_heads as (
    insert into log.stream_heads (aggregate_type, aggregate_id, tenant_id, version, position, last_event)
    select * from unnest($12::text[], $13::text[], $14::uuid[], $15::bigint[], $16::bigint[], $17::uuid[])
), moved_heads as (
    update log.stream_heads h
       set version = k.version, position = k.position, last_event = k.last_event
      from unnest($39::text[], $40::text[], $41::bigint[], $42::bigint[], $43::uuid[], $49::uuid[],
                  $50::bigint[], $51::uuid[])
        as k (aggregate_type, aggregate_id, version, position, last_event, tenant_id,
              version_before, last_event_before)
     where h.aggregate_type = k.aggregate_type and h.aggregate_id = k.aggregate_id
       and h.tenant_id = k.tenant_id and h.version = k.version_before
       and h.last_event = k.last_event_before
    returning 1
), new_commands as (
    insert into log.command_log (tenant_id, command_id, request_hash, aggregate_type, aggregate_id,
                                 epoch, lane, position, version, batch)
    select c.tenant_id, c.command_id, c.request_hash, c.aggregate_type, c.aggregate_id,
           $18, $1, c.position, c.version, $19
      from unnest($20::uuid[], $21::uuid[], $22::bytea[], $23::text[], $24::text[], $25::bigint[], $26::bigint[])
        as c (tenant_id, command_id, request_hash, aggregate_type, aggregate_id, position, version)
), taken as (
    insert into log.reservations (tenant_id, kind, key_hash, owner_tenant, owner)
    select * from unnest($27::uuid[], $28::text[], $29::bytea[], $30::uuid[], $31::text[])
), passed_on as (
    update log.reservations r
       set owner_tenant = k.owner_tenant, owner = k.owner
      from unnest($44::uuid[], $45::text[], $46::bytea[], $47::uuid[], $48::text[])
        as k (tenant_id, kind, key_hash, owner_tenant, owner)
     where r.tenant_id = k.tenant_id and r.kind = k.kind and r.key_hash = k.key_hash
), released as (
    delete from log.reservations r
     using unnest($32::uuid[], $33::text[], $34::bytea[]) as k (tenant_id, kind, key_hash)
     where r.tenant_id = k.tenant_id and r.kind = k.kind and r.key_hash = k.key_hash
), counted as (
    insert into log.counters (tenant_id, kind, value)
    select * from unnest($35::uuid[], $36::text[], $37::bigint[])
    on conflict (tenant_id, kind) do update set value = excluded.value
)
update log.lane_heads set position = $38, recorded_at = greatest(recorded_at, $2) where lane = $1
returning (select count(*) from moved_heads)
