-- Effects: what is to be done outside, or later, because of an event. Written in the transaction
-- of the event, worked off by whoever has the role `effects`.

create schema if not exists effects;

create or replace function ops.ensure_roles() returns void language plpgsql as $$
declare suffix text;
begin
    foreach suffix in array array['writer', 'projector', 'api'] loop
        begin
            if not exists (select from pg_roles where rolname = ops.role_name(suffix)) then
                execute format('create role %I nologin noinherit', ops.role_name(suffix));
            end if;
        exception when duplicate_object or unique_violation then null; -- another process was first
        end;
        execute format('grant %I to current_user', ops.role_name(suffix));
        execute format('grant usage on schema log, inbox, ops, read_store, read, effects to %I',
                       ops.role_name(suffix));
    end loop;
end $$;
select ops.ensure_roles();

create table effects.queue (
    id              uuid        primary key,   -- follows from the event's id and its place
    tenant_id       uuid        not null,
    kind            text        not null check (kind <> '' and length(kind) <= 64),
    serial_key      text,                      -- one after the other within it
    lane            smallint    not null,
    position        bigint      not null,      -- of the event
    ordinal         smallint    not null,      -- among the effects of the event
    payload         jsonb       not null,
    due_at          timestamptz not null,      -- not before
    event_id        uuid        not null,
    correlation_id  uuid        not null,
    traceparent     text,
    state           text        not null default 'pending'
                    check (state in ('pending', 'running', 'unknown', 'done', 'dropped', 'dead', 'discarded')),
    attempts        integer     not null default 0,  -- each has a number of its own
    failures        integer     not null default 0,  -- those that count against the most
    asked           integer     not null default 0,  -- asked about or told in this state
    fence           bigint      not null default 0,  -- rises with every claim and decision
    by_operator     boolean     not null default false, -- an operator asked for the next attempt
    next_attempt_at timestamptz,               -- when a worker looks at it; the due time first
    lease_until     timestamptz,               -- by the database's clock
    last_code       text,
    last_detail     text,
    decided_by      text,                      -- the operator who last retried or discarded it
    created_at      timestamptz not null,
    finished_at     timestamptz,
    check (failures between 0 and attempts),
    check (state <> 'pending' or next_attempt_at is not null),
    check (state <> 'running' or lease_until is not null),
    check ((state in ('done', 'dropped', 'dead', 'discarded')) = (finished_at is not null))
);

-- What is to be done, the longest due first.
create index queue_due on effects.queue (next_attempt_at, id) where state = 'pending';
-- Whose lease may have run out.
create index queue_leased on effects.queue (lease_until) where state = 'running';
-- What is asked about, or was given up and is to be told.
create index queue_looked_after on effects.queue (next_attempt_at, id)
    where state in ('unknown', 'dead', 'discarded') and next_attempt_at is not null;
-- Is there one before it in line?
create index queue_in_line on effects.queue (tenant_id, serial_key, position, ordinal)
    where state in ('pending', 'running') and serial_key is not null;
-- One of a line at a time, also when an operator puts an earlier one back.
create unique index queue_one_at_a_time on effects.queue (tenant_id, serial_key)
    where state = 'running' and serial_key is not null;
-- What operators list, the latest first, and what they must look at.
create index queue_listed on effects.queue (tenant_id, created_at, id);
create index queue_letters on effects.queue (state, created_at, id) where state in ('unknown', 'dead');
-- What is swept.
create index queue_over on effects.queue (finished_at) where state in ('done', 'dropped', 'discarded');

-- Attempts: recorded before they begin.
create table effects.attempts (
    effect     uuid        not null references effects.queue on delete cascade,
    attempt    integer     not null check (attempt > 0),
    tenant_id  uuid        not null,
    worker     text        not null,
    started_at timestamptz not null,
    ended_at   timestamptz,
    outcome    text        check (outcome in ('done', 'dropped', 'retry', 'defer', 'unknown', 'failed')),
    code       text,
    primary key (effect, attempt)
);

select ops.declare_access('effects.queue',    'select, insert, update, delete', '', 'select', true);
select ops.declare_access('effects.attempts', 'select, insert, update, delete', '', 'select', true);
