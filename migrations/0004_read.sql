-- Bookkeeping of read tables. The tables themselves are made from the views' declarations:
--   read_store.<view>_v<schema>_g<generation>   the rows
--   read_store.<view>_v<schema>                 what the API reads: the live generation
--   read.<view>                                 what analysts read: the newest schema

create table ops.read_models (
    name       text    not null,
    schema     integer not null,
    generation integer not null,
    state      text    not null check (state in ('building', 'live', 'retired')),
    shape      text    not null,               -- columns and key as built: changing them needs a new schema
    ddl_hash   text    not null,               -- of everything that was executed to make it
    indexed    boolean not null default false,
    builder    text    not null default '',    -- the program that began it; another one must not go on with it
    made_at    timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    primary key (name, schema, generation)
);
create unique index read_models_live on ops.read_models (name, schema) where state = 'live';
create unique index read_models_building on ops.read_models (name, schema) where state = 'building';

-- How far a generation is in a lane. The row is locked by whoever works on that part.
create table ops.checkpoints (
    name       text     not null,
    schema     integer  not null,
    generation integer  not null,
    lane       smallint not null,
    epoch      integer  not null,              -- of the log whose position this is
    position   bigint   not null default 0,
    moved_at   timestamptz not null default now(),
    primary key (name, schema, generation, lane),
    foreign key (name, schema, generation) references ops.read_models on delete cascade
) with (fillfactor = 10);

-- Events that a view could not take, and those of the same aggregate that wait behind them.
create table ops.parked (
    name           text        not null,
    schema         integer     not null,
    generation     integer     not null,
    lane           smallint    not null,
    position       bigint      not null,
    tenant_id      uuid        not null,
    aggregate_type text        not null,
    aggregate_id   text        not null,
    code           text        not null,
    reason         text        not null,
    attempts       integer     not null,
    parked_at      timestamptz not null,
    primary key (name, schema, generation, lane, position),
    foreign key (name, schema, generation) references ops.read_models on delete cascade
);
create index parked_tenant on ops.parked (tenant_id, name, position);

select ops.declare_access('ops.read_models', '', 'select',                         '',       false);
select ops.declare_access('ops.checkpoints', '', 'select, update',                 '',       false);
select ops.declare_access('ops.parked',      '', 'select, insert, update, delete', 'select', true);

-- The two facts about read tables that the API role may know without belonging to a tenant.
create function ops.live_generation(view_name text, view_schema integer) returns integer
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select generation from ops.read_models
    where name = view_name and schema = view_schema and state = 'live'
$$;

create function ops.checkpoint(view_name text, view_schema integer, of_lane smallint) returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select c.position from ops.checkpoints c join ops.read_models m using (name, schema, generation)
    where m.name = view_name and m.schema = view_schema and m.state = 'live' and c.lane = of_lane
$$;

-- What is wrong with the isolation of tenants in this database; no rows when nothing is. Looks
-- at everything that one of our roles can reach, not at what was declared.
create function ops.isolation_faults() returns table (relation text, fault text)
language sql stable as $$
    with reached as (
        select c.oid, c.oid::regclass::text as relation, c.relkind, suffix, r.oid as role_id,
               c.relrowsecurity and c.relforcerowsecurity as forced,
               coalesce('security_invoker=true' = any (c.reloptions), false) as as_reader
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        cross join unnest(array['writer', 'projector', 'api']) suffix
        join pg_roles r on r.rolname = ops.role_name(suffix)
        where n.nspname in ('log', 'inbox', 'ops', 'read_store', 'read')
          and c.relkind in ('r', 'p', 'v', 'm', 'f')
          and (has_table_privilege(r.oid, c.oid, 'select, insert, update, delete')
               or has_any_column_privilege(r.oid, c.oid, 'select, insert, update'))
    ), policies as (
        select reached.relation, reached.suffix, p.polname,
               pg_get_expr(p.polqual, p.polrelid) as condition
        from reached
        left join pg_policy p on p.polrelid = reached.oid and p.polpermissive
             and p.polroles && array[reached.role_id, 0::oid]
        where reached.relkind in ('r', 'p')
    )
    select relation, 'row security is not forced' from reached
        where relkind in ('r', 'p') and not forced group by relation
    union all
    select relation, 'no policy for ' || suffix from policies where polname is null
    union all
    select relation, 'the policy ' || polname || ' shows other tenants to the api role' from policies
        where suffix = 'api' and polname is not null and condition is distinct from
              '(tenant_id = ( SELECT ops.current_tenant() AS current_tenant))'
    union all
    select relation, 'the view reads as its owner' from reached
        where relkind = 'v' and not as_reader group by relation
    union all
    select relation, 'row security does not exist for this kind of relation' from reached
        where relkind in ('m', 'f') group by relation
    union all
    select rolname, 'the role ignores row security' from pg_roles
        where rolname in (select ops.role_name(s) from unnest(array['writer', 'projector', 'api']) s)
          and (rolsuper or rolbypassrls)
    order by 1, 2
$$;
