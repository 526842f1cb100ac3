-- Analysts: people who ask questions in SQL. Each has a role of Postgres, belongs to one tenant,
-- and reads that tenant's rows in the views read.<view>, and nothing else.
--
--   <db>_analyst          the group: what analysts may, and no login
--   <db>_analyst_<name>   one analyst; says nothing about its tenant that it could change
--
-- Whose an analyst is stands in ops.analysts and is looked up by current_user. A setting, such as
-- the API's app.tenant_id, would not do: whoever writes SQL can set it.

create table ops.analysts (
    name      text primary key check (name ~ '^[a-z][a-z0-9_]{0,19}$'),
    tenant_id uuid        not null,
    added_at  timestamptz not null default now()
);
-- The owner works on it through the writer's policy.
select ops.declare_access('ops.analysts', 'select', '', '', false);

create function ops.analyst_role(analyst text) returns text
language sql stable as $$ select ops.role_name('analyst_' || analyst) $$;

-- The tenant of an analyst's role; NULL for every other role. Policies call it with current_user,
-- which inside of it would be its owner.
create function ops.analyst_tenant(who name) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select tenant_id from ops.analysts where ops.analyst_role(name) = who
$$;
revoke execute on function ops.analyst_tenant(name) from public;

-- What bounds the sessions of an analyst unless it asks for more; what it may not change is the
-- number of its connections and what it was granted.
create function ops.bound_analyst(role_name text) returns void language plpgsql as $$
declare setting text;
begin
    execute format('alter role %I connection limit 5', role_name);
    foreach setting in array array[
        'default_transaction_read_only = on', 'statement_timeout = ''60s''',
        'idle_in_transaction_session_timeout = ''60s''', 'idle_session_timeout = ''1h''',
        'lock_timeout = ''5s''', 'search_path = read', 'timezone = ''UTC'''
    ] loop
        execute format('alter role %I in database %I set %s', role_name, current_database(), setting);
    end loop;
    -- What a sort may put on the disk. Only a superuser can set it, and only one can unset it.
    begin
        execute format('alter role %I in database %I set temp_file_limit = ''2GB''',
                       role_name, current_database());
    exception when insufficient_privilege then null;
    end;
end $$;

-- The group, and a role for every analyst that is known here. A new one cannot log in: it gets
-- its password from ops.add_analyst.
create function ops.ensure_analysts() returns void language plpgsql as $$
declare
    grouped text := ops.role_name('analyst');
    own text;
begin
    begin
        if not exists (select from pg_roles where rolname = grouped) then
            execute format('create role %I nologin', grouped);
        end if;
    exception when duplicate_object or unique_violation then null; -- another process was first
    end;
    execute format('grant usage on schema read to %I', grouped);
    -- Nobody here works with temporary tables, and they would let analysts fill the disk.
    execute format('revoke temporary on database %I from public', current_database());
    execute format('grant execute on function ops.analyst_tenant(name) to %I', grouped);
    for own in select ops.analyst_role(name) from ops.analysts loop
        if not exists (select from pg_roles where rolname = own) then
            execute format('create role %I nologin', own);
        end if;
        execute format('grant %I to %I', grouped, own);
        perform ops.bound_analyst(own);
    end loop;
end $$;

-- Makes an analyst of a tenant, or gives one a new password, which only the caller has.
create function ops.add_analyst(analyst text, of_tenant uuid, secret text) returns void
language plpgsql as $$
declare own text := ops.analyst_role(analyst);
begin
    -- Postgres cuts longer names silently, and two analysts would share a role
    if octet_length(own) > 63 then
        raise exception 'the role % is longer than the 63 bytes of Postgres', own using errcode = '42622';
    end if;
    insert into ops.analysts (name, tenant_id) values (analyst, of_tenant) on conflict do nothing;
    if (select tenant_id from ops.analysts where name = analyst) <> of_tenant then
        raise exception 'another tenant has an analyst of that name' using errcode = '23505';
    end if;
    perform ops.ensure_analysts();
    execute format('alter role %I login password %L', own, secret);
end $$;

-- Takes an analyst away, with its open sessions.
create function ops.remove_analyst(analyst text) returns boolean language plpgsql as $$
declare own text := ops.analyst_role(analyst);
begin
    delete from ops.analysts where name = analyst;
    if not found then
        return false;
    end if;
    if exists (select from pg_roles where rolname = own) then
        execute format('alter role %I nologin', own);
        -- An owner that may not end the sessions of others leaves them: they see no row any more.
        begin
            perform pg_terminate_backend(pid) from pg_stat_activity where usename = own;
        exception when insufficient_privilege then null;
        end;
        execute format('drop role %I', own);
    end if;
    return true;
end $$;

-- What analysts may do with a read table or view: see the rows of their tenant.
create function ops.apply_analysts(relation text, is_view boolean) returns void
language plpgsql as $$
declare grouped text := ops.role_name('analyst');
begin
    execute format('grant select on %s to %I', relation, grouped);
    if not is_view then
        execute format('drop policy if exists analyst on %s', relation);
        execute format('create policy analyst on %s for select to %I using
                        (tenant_id = (select ops.analyst_tenant(current_user)))', relation, grouped);
    end if;
end $$;

-- As in 0001, and for tables and views of the read side the analysts'.
create or replace function ops.apply_rule(rule ops.access_rules) returns void language plpgsql as $$
declare
    suffix text;
    privileges text;
    found_in text;
    is_view boolean;
begin
    select relkind = 'v', relnamespace::regnamespace::text into is_view, found_in
        from pg_class where oid = rule.table_name::regclass;
    if is_view then
        -- it shows what the tables below let its reader see, provided it reads as its reader
        if not exists (select from pg_class where oid = rule.table_name::regclass
                       and 'security_invoker=true' = any (reloptions)) then
            raise exception 'the view % is not security_invoker', rule.table_name;
        end if;
    else
        execute format('alter table %s enable row level security', rule.table_name);
        execute format('alter table %s force row level security', rule.table_name);
    end if;
    foreach suffix in array array['writer', 'projector', 'api'] loop
        privileges := case suffix when 'writer' then rule.writer
                                  when 'projector' then rule.projector else rule.api end;
        if not is_view then
            execute format('drop policy if exists %I on %s', suffix, rule.table_name);
        end if;
        continue when privileges = '';
        execute format('grant %s on %s to %I', privileges, rule.table_name, ops.role_name(suffix));
        continue when is_view;
        if suffix = 'api' then
            if not rule.has_tenant then
                raise exception 'the api role may not see %, which has no tenant', rule.table_name;
            end if;
            execute format('create policy %I on %s to %I using (tenant_id = (select ops.current_tenant()))',
                           suffix, rule.table_name, ops.role_name(suffix));
        else
            execute format('create policy %I on %s to %I using (true) with check (true)',
                           suffix, rule.table_name, ops.role_name(suffix));
        end if;
    end loop;
    if found_in in ('read', 'read_store') and rule.has_tenant then
        perform ops.apply_analysts(rule.table_name, is_view);
    end if;
end $$;

create or replace function ops.apply_access() returns void language plpgsql as $$
declare rule ops.access_rules;
begin
    perform ops.ensure_roles();
    perform ops.ensure_analysts();
    for rule in select * from ops.access_rules loop
        perform ops.apply_rule(rule);
    end loop;
end $$;

-- What is wrong with the isolation of tenants in this database; no rows when nothing is. Looks
-- at everything that one of our roles can reach, not at what was declared.
create or replace function ops.isolation_faults() returns table (relation text, fault text)
language sql stable as $$
    with ours as (
        select suffix, r.oid as role_id, r.rolname, r.rolsuper, r.rolbypassrls
        from unnest(array['writer', 'projector', 'api', 'analyst']) suffix
        join pg_roles r on r.rolname = ops.role_name(suffix)
        union all
        select 'analyst', r.oid, r.rolname, r.rolsuper, r.rolbypassrls
        from ops.analysts a join pg_roles r on r.rolname = ops.analyst_role(a.name)
    ), reached as (
        select c.oid, c.oid::regclass::text as relation, c.relkind, n.nspname, o.suffix, o.role_id,
               c.relrowsecurity and c.relforcerowsecurity as forced,
               coalesce('security_invoker=true' = any (c.reloptions), false) as as_reader,
               has_table_privilege(o.role_id, c.oid, 'insert, update, delete, truncate') as written
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        cross join ours o
        where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
          and c.relkind in ('r', 'p', 'v', 'm', 'f')
          and (has_table_privilege(o.role_id, c.oid, 'select, insert, update, delete')
               or has_any_column_privilege(o.role_id, c.oid, 'select, insert, update'))
    ), policies as (
        select distinct reached.relation, reached.suffix, p.polname,
               pg_get_expr(p.polqual, p.polrelid) as condition
        from reached
        left join pg_policy p on p.polrelid = reached.oid and p.polpermissive
             and exists (select from unnest(p.polroles) of_role
                         where of_role = 0 or pg_has_role(reached.role_id, of_role, 'usage'))
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
    select relation, 'the policy ' || polname || ' shows other tenants to analysts' from policies
        where suffix = 'analyst' and polname is not null and condition is distinct from
              '(tenant_id = ( SELECT ops.analyst_tenant(CURRENT_USER) AS analyst_tenant))'
    union all
    select relation, 'analysts can reach it' from reached
        where suffix = 'analyst' and nspname not in ('read', 'read_store') group by relation
    union all
    select relation, 'analysts can write it' from reached
        where suffix = 'analyst' and written group by relation
    union all
    select nspname, 'analysts can look into the schema' from pg_namespace n
        where nspname !~ '^pg_' and nspname not in ('read', 'public', 'information_schema') and exists (
            select from ours where suffix = 'analyst' and has_schema_privilege(role_id, n.oid, 'usage'))
    union all
    select relation, 'the view reads as its owner' from reached
        where relkind = 'v' and not as_reader group by relation
    union all
    select relation, 'row security does not exist for this kind of relation' from reached
        where relkind in ('m', 'f') group by relation
    union all
    select rolname, 'the role ignores row security' from ours where rolsuper or rolbypassrls
    union all
    select o.rolname, 'the analyst is also a member of ' || g.rolname
        from ours o join pg_auth_members m on m.member = o.role_id join pg_roles g on g.oid = m.roleid
        where o.suffix = 'analyst' and g.rolname <> ops.role_name('analyst')
    union all
    select r.rolname, 'the role is an analyst of nobody' from pg_auth_members m
        join pg_roles r on r.oid = m.member
        where m.roleid = to_regrole(quote_ident(ops.role_name('analyst')))
          and r.rolname <> current_user
          and not exists (select from ops.analysts a where ops.analyst_role(a.name) = r.rolname)
    order by 1, 2
$$;

-- Whoever has a session can LISTEN and NOTIFY, and Postgres cannot forbid it. So our channels have
-- names that nobody can guess: analysts neither hear what other tenants do nor announce anything.
create table ops.channel_key (
    only_one boolean primary key default true check (only_one),
    key      uuid    not null default gen_random_uuid()
);
insert into ops.channel_key default values;
select ops.declare_access('ops.channel_key', '', 'select', '', false);

create function ops.channel(name text) returns text
language sql stable as $$
    select name || '_' || replace(key::text, '-', '') from ops.channel_key
$$;

select ops.ensure_analysts();
-- Read tables that are there already.
do $$
declare rule ops.access_rules;
begin
    for rule in select * from ops.access_rules where has_tenant and table_name ~ '^read(_store)?\.' loop
        perform ops.apply_analysts(rule.table_name,
            (select relkind = 'v' from pg_class where oid = rule.table_name::regclass));
    end loop;
end $$;
