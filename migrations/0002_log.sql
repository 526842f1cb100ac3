-- The event log. A lane is a totally ordered, gapless log; its narrow head row is locked first
-- by every append, so position order is commit order and a rolled-back append leaves no hole.

create table log.epoch (
    only_row boolean primary key default true check (only_row),
    epoch    integer not null,
    lanes    smallint not null check (lanes between 1 and 64),
    started_at timestamptz not null default now()
);
insert into log.epoch (epoch, lanes) values (1, 4);

create table log.lane_heads (
    lane        smallint primary key,
    position    bigint not null default 0,
    recorded_at timestamptz not null default '-infinity'
) with (fillfactor = 10);
insert into log.lane_heads (lane) select generate_series(0, (select lanes - 1 from log.epoch));

-- A tenant lives in one lane for ever. The system tenant (nil) lives in lane 0.
create table log.tenant_lanes (
    tenant_id   uuid primary key,
    lane        smallint not null references log.lane_heads,
    assigned_at timestamptz not null default now()
);
insert into log.tenant_lanes (tenant_id, lane) values ('00000000-0000-0000-0000-000000000000', 0);

-- A superset of postgres-es 0.5's table (its seven columns, by name), so that any cqrs-es tool
-- can read it.
create table log.events (
    aggregate_type text        not null,
    aggregate_id   text        not null,
    sequence       bigint      not null check (sequence > 0),
    event_type     text        not null,
    event_version  text        not null,
    payload        jsonb       not null,
    metadata       jsonb       not null,
    lane           smallint    not null,
    position       bigint      not null check (position > 0),
    tenant_id      uuid        not null,
    recorded_at    timestamptz not null,
    primary key (lane, position)
);
create unique index events_stream on log.events (aggregate_type, aggregate_id, sequence);
create index events_tenant on log.events (tenant_id, position);

create table log.stream_heads (
    aggregate_type text   not null,
    aggregate_id   text   not null,
    tenant_id      uuid   not null,
    version        bigint not null,
    position       bigint not null,
    last_event     uuid   not null,
    primary key (aggregate_type, aggregate_id)
) with (fillfactor = 70);

-- Every command that was done, for ever.
create table log.command_log (
    tenant_id      uuid     not null,
    command_id     uuid     not null,
    request_hash   bytea    not null check (length(request_hash) = 32),
    aggregate_type text     not null,
    aggregate_id   text     not null,
    epoch          integer  not null,
    lane           smallint not null,
    position       bigint   not null,   -- the stream's last position after the command
    version        bigint   not null,   -- the stream's version after the command
    batch          uuid     not null,   -- the transaction that wrote it
    primary key (tenant_id, command_id)
);

create table log.reservations (
    tenant_id uuid  not null,            -- the nil tenant for installation-wide keys
    kind      text  not null,
    key_hash  bytea not null check (length(key_hash) = 32),
    owner_tenant uuid not null,
    owner     text  not null,
    primary key (tenant_id, kind, key_hash)
);

create table log.counters (
    tenant_id uuid   not null,
    kind      text   not null,
    value     bigint not null,
    primary key (tenant_id, kind)
) with (fillfactor = 50);

create table log.snapshots (
    aggregate_type text    not null,
    aggregate_id   text    not null,
    tenant_id      uuid    not null,
    epoch          integer not null,
    version        bigint  not null,
    last_event     uuid    not null,
    state_schema   integer not null,
    state          jsonb   not null,
    saved_at       timestamptz not null default now(),
    primary key (aggregate_type, aggregate_id)
);

select ops.declare_access('log.epoch',        'select',                         'select', '', false);
select ops.declare_access('log.lane_heads',   'select, update',                 'select', '', false);
select ops.declare_access('log.tenant_lanes', 'select, insert',                 'select', 'select', true);
select ops.declare_access('log.events',       'select, insert',                 'select', 'select', true);
select ops.declare_access('log.stream_heads', 'select, insert, update',         'select', 'select', true);
select ops.declare_access('log.command_log',  'select, insert',                 '',       '', true);
select ops.declare_access('log.reservations', 'select, insert, update, delete', '',       '', true);
select ops.declare_access('log.counters',     'select, insert, update',         '',       '', true);
select ops.declare_access('log.snapshots',    'select, insert, update',         '',       '', true);

-- After a restore to an earlier point: what was read behind that point no longer is. Every
-- cursor, receipt, snapshot and checkpoint of before is then refused and not silently misread.
-- Seconds since 2020 and not a count, because two restores of one backup must not give the same.
create function ops.begin_epoch() returns integer language sql as $$
    update log.epoch
       set epoch = greatest(epoch + 1, extract(epoch from clock_timestamp())::bigint - 1577836800),
           started_at = now()
    returning epoch
$$;
