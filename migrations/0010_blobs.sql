-- Blobs: content that is too big for the log. The bytes are in a directory or a bucket under a
-- place of their own; what they are, whose they are and who needs them is here. A content exists
-- when its row does: an upload that never came so far, and a content that nobody needs, are litter,
-- and every place that is used is written down as litter before the first byte goes there.

create schema if not exists blobs;

create table blobs.contents (
    tenant_id    uuid        not null,
    sha256       bytea       not null check (length(sha256) = 32),
    place        text        not null unique,
    bytes        bigint      not null check (bytes >= 0),
    content_type text        not null check (length(content_type) <= 100),
    stored_at    timestamptz not null default now(),
    primary key (tenant_id, sha256)
);

-- Who needs a content; it goes with the last of them.
create table blobs.owners (
    tenant_id  uuid        not null,
    sha256     bytea       not null,
    owner      text        not null check (length(owner) between 1 and 200),
    keep_until timestamptz,                    -- lets go by itself then
    added_at   timestamptz not null default now(),
    primary key (tenant_id, sha256, owner),
    foreign key (tenant_id, sha256) references blobs.contents
);
create index owners_expiring on blobs.owners (keep_until) where keep_until is not null;

create table blobs.litter (
    place     text        primary key,
    tenant_id uuid        not null,
    due_at    timestamptz not null,            -- by the database's clock
    taken_at  timestamptz                      -- somebody deletes it; the place is lost
);
create index litter_due on blobs.litter (due_at);

-- What a tenant's contents take. Its row is locked by whoever adds or removes one.
create table blobs.room (
    tenant_id uuid   primary key,
    bytes     bigint not null default 0 check (bytes >= 0),
    contents  bigint not null default 0 check (contents >= 0)
);

select ops.declare_access('blobs.contents', 'select, insert, delete',         '', 'select', true);
select ops.declare_access('blobs.owners',   'select, insert, delete',         '', '',       true);
select ops.declare_access('blobs.litter',   'select, insert, update, delete', '', '',       true);
select ops.declare_access('blobs.room',     'select, insert, update',         '', 'select', true);

-- As before, and the schemas of all tables that a role can reach.
create or replace function ops.ensure_roles() returns void language plpgsql as $$
declare
    suffix text;
    reached text;
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
        for reached in
            select distinct split_part(table_name, '.', 1) from ops.access_rules
            where case suffix when 'writer' then writer when 'projector' then projector else api end <> ''
        loop
            execute format('grant usage on schema %I to %I', reached, ops.role_name(suffix));
        end loop;
    end loop;
end $$;
select ops.ensure_roles();
