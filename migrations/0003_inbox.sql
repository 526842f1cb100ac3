-- The inbox: every verified webhook delivery, durable before it is answered, and what became of
-- its facts. A work queue, not a log: `seq` only says in which order to look, holes in it and
-- late commits do no harm. Processed deliveries stay, as evidence and for replays.

create table inbox.deliveries (
    id              uuid        primary key,
    seq             bigint      generated always as identity,
    source          text        not null,
    body            bytea       not null,
    received_at     timestamptz not null,
    traceparent     text,
    attempts        integer     not null default 0,  -- how often it was claimed
    lease_until     timestamptz,                     -- claimed until then
    next_attempt_at timestamptz,                     -- given back until then
    last_error      text,
    facts           integer,
    processed_at    timestamptz
);
-- Only what is still to do: small however long the evidence gets.
create index deliveries_open on inbox.deliveries (seq) where processed_at is null;

-- Facts that were not simply done.
create table inbox.facts (
    delivery        uuid        not null references inbox.deliveries,
    ordinal         integer     not null,
    key             text        not null,
    source          text        not null,
    tenant_id       uuid,
    waits_for       text,
    state           text        not null
                    check (state in ('waiting', 'unroutable', 'ignored', 'failed')),
    reason          text        not null,
    attempts        integer     not null default 0,
    lease_until     timestamptz,
    next_attempt_at timestamptz,
    kept_at         timestamptz not null default now(),
    primary key (delivery, ordinal)
);
create index facts_due on inbox.facts (next_attempt_at, delivery, ordinal)
    where next_attempt_at is not null;
create index facts_waiting on inbox.facts (md5(waits_for)) where state in ('waiting', 'unroutable');
-- What operators list, the latest first.
create index facts_kept on inbox.facts (kept_at, delivery, ordinal);
create index facts_kept_in_state on inbox.facts (state, kept_at, delivery, ordinal);

-- What contradicts an earlier fact or could not be read. The first fact stands.
create table inbox.anomalies (
    delivery  uuid        not null references inbox.deliveries,
    key       text        not null,
    kind      text        not null,
    tenant_id uuid,
    noted_at  timestamptz not null default now()
);
create index anomalies_noted on inbox.anomalies (noted_at);
create unique index anomalies_once on inbox.anomalies (delivery, kind, md5(key));

select ops.declare_access('inbox.deliveries', 'select, insert, update',         '', '', false);
select ops.declare_access('inbox.facts',      'select, insert, update, delete', '', '', true);
select ops.declare_access('inbox.anomalies',  'select, insert',                 '', '', true);
