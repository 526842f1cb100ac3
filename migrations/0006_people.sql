-- Passwords and logins: what must be forgotten one day and therefore is not in the log. Only the
-- writer's role touches it.

create schema if not exists auth;

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
    execute format('grant usage on schema auth to %I', ops.role_name('writer'));
end $$;
select ops.ensure_roles();

create table auth.credentials (
    user_id       uuid        primary key,
    password_hash text        not null,       -- PHC text, argon2id
    changed_at    timestamptz not null
);

-- Where a login has to look for memberships; the log says whether there are any.
create table auth.places (
    user_id   uuid        not null,
    tenant_id uuid        not null,
    noted_at  timestamptz not null default now(),
    primary key (user_id, tenant_id)
);

create table auth.sessions (
    id           uuid        primary key,
    user_id      uuid        not null,
    tenant_id    uuid        not null,
    token_hash   bytea       not null check (length(token_hash) = 32),
    generation   integer     not null default 0,   -- of the refresh token that is good now
    user_agent   text        check (length(user_agent) <= 200),
    created_at   timestamptz not null,
    last_used_at timestamptz not null,
    expires_at   timestamptz not null,
    revoked_at   timestamptz,
    reason       text
);
create index sessions_user on auth.sessions (user_id, created_at);

select ops.declare_access('auth.credentials', 'select, insert, update',         '', '', false);
select ops.declare_access('auth.places',      'select, insert',                 '', '', true);
select ops.declare_access('auth.sessions',    'select, insert, update, delete', '', '', true);
