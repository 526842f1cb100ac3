-- Reactors: how far each has followed the log, what it could not take, and what it noted on the
-- way. What they want done stands in effects.queue, written in the transaction that moves the
-- checkpoint.

create table effects.reactors (
    reactor     text        not null,
    lane        smallint    not null,
    version     integer     not null,          -- the newest that followed: older programs keep off
    position    bigint      not null,          -- last position taken in
    quiet_until bigint      not null default 0,-- up to here it only took notes
    moved_at    timestamptz not null default now(),
    primary key (reactor, lane)
);

-- Events that a reactor could not take, and those of the same aggregate that wait behind them.
create table effects.parked (
    reactor        text        not null,
    lane           smallint    not null,
    position       bigint      not null,
    tenant_id      uuid        not null,
    aggregate_type text        not null,
    aggregate_id   text        not null,
    code           text        not null,
    reason         text        not null,
    attempts       integer     not null,
    parked_at      timestamptz not null default now(),
    primary key (reactor, lane, position)
);
create index parked_of on effects.parked (reactor, lane, tenant_id, aggregate_type, aggregate_id);
create index parked_listed on effects.parked (tenant_id, parked_at);

-- What a reactor knows of one tenant: which ids belong to a key.
create table effects.notes (
    tenant_id uuid        not null,
    reactor   text        not null,
    topic     text        not null,
    key       uuid        not null,
    value     uuid        not null,
    noted_at  timestamptz not null,            -- when the event was recorded
    primary key (tenant_id, reactor, topic, key, value)
);
create index notes_by_value on effects.notes (tenant_id, reactor, topic, value);

-- What an effect put itself off for may have come while it was being tried.
alter table effects.queue add column woken_at timestamptz;

select ops.declare_access('effects.reactors', 'select, insert, update', '', '', false);
select ops.declare_access('effects.parked', 'select, insert, update, delete', '', 'select', true);
select ops.declare_access('effects.notes', 'select, insert, update, delete', '', '', true);
