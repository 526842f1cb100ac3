-- Everything that a batch names, in one statement that starts after the head lock is held and
-- so sees all that earlier holders committed. `tag` says what a row is; `ord` to which of the
-- asked keys (from 1) it belongs.
select 'command' as tag, k.ord, l.aggregate_type as text1, l.aggregate_id as text2,
       l.position as int1, l.version as int2, l.epoch::bigint as int3, l.lane::bigint as int4,
       null::uuid as uuid1, null::uuid as uuid2, l.request_hash as bytes1
  from unnest($1::uuid[], $2::uuid[]) with ordinality as k (tenant_id, command_id, ord)
  join log.command_log l on l.tenant_id = k.tenant_id and l.command_id = k.command_id
union all
select 'head', k.ord, null, null, h.position, h.version, null, null, h.last_event, h.tenant_id, null
  from unnest($3::text[], $4::text[]) with ordinality as k (aggregate_type, aggregate_id, ord)
  join log.stream_heads h
    on h.aggregate_type = k.aggregate_type and h.aggregate_id = k.aggregate_id
union all
select 'reservation', k.ord, r.owner, null, null, null, null, null, r.owner_tenant, null, null
  from unnest($5::uuid[], $6::text[], $7::bytea[]) with ordinality as k (tenant_id, kind, key_hash, ord)
  join log.reservations r
    on r.tenant_id = k.tenant_id and r.kind = k.kind and r.key_hash = k.key_hash
union all
select 'counter', k.ord, null, null, c.value, null, null, null, null, null, null
  from unnest($8::uuid[], $9::text[]) with ordinality as k (tenant_id, kind, ord)
  join log.counters c on c.tenant_id = k.tenant_id and c.kind = k.kind
