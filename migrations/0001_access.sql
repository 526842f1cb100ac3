-- Who may touch what. Roles are cluster-wide, so their names carry the database's name, and a
-- cloned database (tests, restores) calls ops.apply_access() to get roles and policies of its own.
--
--   <db>_writer     appends to the log, runs the inbox            sees all tenants
--   <db>_projector  computes read tables                          sees all tenants
--   <db>_api        answers queries        sees the tenant named by app.tenant_id, else nothing
--
-- None is superuser, owner or BYPASSRLS, and row security is forced on every table that they
-- can reach. Tables belong to whoever migrates (the admin connection), read tables too.

set client_min_messages = warning;

create schema if not exists log;
create schema if not exists inbox;
create schema if not exists ops;
create schema if not exists read_store;
create schema if not exists read;

create table ops.access_rules (
    table_name text primary key,
    writer     text not null default '',   -- privileges, such as 'select, insert'
    projector  text not null default '',
    api        text not null default '',   -- always filtered by tenant_id
    has_tenant boolean not null
);

create function ops.role_name(suffix text) returns text
language sql stable as $$ select current_database() || '_' || suffix $$;

-- The tenant that the current transaction may see: NULL when none was set, and then every
-- comparison is NULL, so no row is visible and no error is raised.
create function ops.current_tenant() returns uuid
language sql stable parallel safe as $$
    select nullif(current_setting('app.tenant_id', true), '')::uuid
$$;

create function ops.ensure_roles() returns void language plpgsql as $$
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
        execute format('grant usage on schema log, inbox, ops, read_store, read to %I', ops.role_name(suffix));
    end loop;
end $$;

-- Grants and policies of one table (of a view: grants), for the roles of this database.
create function ops.apply_rule(rule ops.access_rules) returns void language plpgsql as $$
declare
    suffix text;
    privileges text;
    is_view boolean := (select relkind = 'v' from pg_class where oid = rule.table_name::regclass);
begin
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
end $$;

-- Declares and applies the rule of a table (schema-qualified name).
create function ops.declare_access(
    table_name text, writer text, projector text, api text, has_tenant boolean
) returns void language plpgsql as $$
declare rule ops.access_rules;
begin
    insert into ops.access_rules values (table_name, writer, projector, api, has_tenant)
    on conflict on constraint access_rules_pkey do update
        set writer = excluded.writer, projector = excluded.projector,
            api = excluded.api, has_tenant = excluded.has_tenant
    returning * into rule;
    perform ops.apply_rule(rule);
end $$;

-- Roles and rules for this database: after cloning or restoring it under another name.
create function ops.apply_access() returns void language plpgsql as $$
declare rule ops.access_rules;
begin
    perform ops.ensure_roles();
    for rule in select * from ops.access_rules loop
        perform ops.apply_rule(rule);
    end loop;
end $$;

select ops.ensure_roles();
