-- The systems of tenants that take leads: where they are and what signs what they are told. Both
-- must be forgotten one day and therefore are not in the log. Only the writer's role touches them.

create table auth.lead_targets (
    tenant_id    uuid        not null,
    id           uuid        not null,
    kind         text        not null check (kind in ('GOOGLE_SHEETS', 'TOKKO_CRM', 'WEBHOOK')),
    name         text        not null check (length(name) between 1 and 120),
    url          text        not null check (length(url) between 1 and 2000),
    secrets      bytea[]     not null check (cardinality(secrets) between 1 and 2),  -- newest first
    enabled      boolean     not null default true,
    connected_at timestamptz not null,
    primary key (tenant_id, id)
);
select ops.declare_access('auth.lead_targets', 'select, insert, update', '', '', true);
