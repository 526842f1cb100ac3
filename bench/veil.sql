-- What hiding contacts that came by a lead costs per read (ADR 0012). In an empty database:
--   createdb veil && psql veil -qAt -f bench/veil.sql
create table m (tenant_id uuid not null, id uuid not null, conversation_id uuid not null, contact_id uuid not null, text text collate "C", content jsonb, reaction jsonb, transcript text collate "C", position bigint not null, primary key (tenant_id, id));
create table r (tenant_id uuid not null, contact_id uuid not null, because text not null, revealed_at timestamptz not null, primary key (tenant_id, contact_id));
-- one in ten contacts came by a lead, half of those are revealed
insert into m select '00000000-0000-0000-0000-00000000000a', gen_random_uuid(), md5((n/40)::text)::uuid,
  overlay(md5((n/40)::text) placing (case when (n/40) % 10 = 0 then '8' else '5' end) from 13 for 1)::uuid,
  repeat('hola que tal ', 6), '{"kind":"text","body":"hola que tal hola que tal"}', null, null, n from generate_series(1, 400000) n;
insert into r select distinct tenant_id, contact_id, 'delivered', now() from m where substr(contact_id::text, 15, 1) = '8' and (position/40) % 20 = 0;
create index on m (tenant_id, conversation_id, position desc, id desc);
vacuum analyze m; vacuum analyze r;
create view plain as select tenant_id, id, conversation_id, contact_id, text, content, reaction, transcript, position from m;
create view veiled as select t.tenant_id, t.id, t.conversation_id, t.contact_id,
 case when (get_byte(uuid_send(t.contact_id), 6) >> 4 is distinct from 8 or (select true from r where r.tenant_id = t.tenant_id and r.contact_id = t.contact_id) is true) then t.text end as text,
 case when (get_byte(uuid_send(t.contact_id), 6) >> 4 is distinct from 8 or (select true from r where r.tenant_id = t.tenant_id and r.contact_id = t.contact_id) is true) then t.content end as content,
 case when (get_byte(uuid_send(t.contact_id), 6) >> 4 is distinct from 8 or (select true from r where r.tenant_id = t.tenant_id and r.contact_id = t.contact_id) is true) then t.reaction end as reaction,
 case when (get_byte(uuid_send(t.contact_id), 6) >> 4 is distinct from 8 or (select true from r where r.tenant_id = t.tenant_id and r.contact_id = t.contact_id) is true) then t.transcript end as transcript, t.position from m t;
create or replace function bench(v text, c uuid, n int) returns text language plpgsql as $$
declare t0 timestamptz; x bigint; i int;
begin
  execute format('prepare q_%s as select * from %I where tenant_id = ''00000000-0000-0000-0000-00000000000a'' and conversation_id = $1 order by position desc, id desc limit 40', v, v);
  for i in 1..200 loop execute format('execute q_%s(%L)', v, c); end loop;
  t0 := clock_timestamp();
  for i in 1..n loop execute format('execute q_%s(%L)', v, c); end loop;
  return v || ': ' || round(extract(epoch from clock_timestamp() - t0) * 1e6 / n) || ' us per page of 40';
end $$;
\echo ordinary contact
select bench('plain', (select conversation_id from m where substr(contact_id::text, 15, 1) = '5' limit 1), 3000);
select bench('veiled', (select conversation_id from m where substr(contact_id::text, 15, 1) = '5' limit 1), 3000);
deallocate all;
\echo contact that came by a lead, not revealed
select bench('plain', (select conversation_id from m where substr(contact_id::text, 15, 1) = '8' and not exists (select from r where r.contact_id = m.contact_id) limit 1), 3000);
select bench('veiled', (select conversation_id from m where substr(contact_id::text, 15, 1) = '8' and not exists (select from r where r.contact_id = m.contact_id) limit 1), 3000);
deallocate all;
\echo revealed
select bench('plain', (select m.conversation_id from m join r using (tenant_id, contact_id) limit 1), 3000);
select bench('veiled', (select m.conversation_id from m join r using (tenant_id, contact_id) limit 1), 3000);
set max_parallel_workers_per_gather = 0;
\echo analysts scan
\timing on
select count(text), count(content) from plain;
select count(text), count(content) from veiled;
select count(text), count(content) from plain;
select count(text), count(content) from veiled;
explain (analyze, costs off, summary off, timing off) select * from veiled where tenant_id = '00000000-0000-0000-0000-00000000000a' and conversation_id = (select m.conversation_id from m join r using (tenant_id, contact_id) limit 1) order by position desc, id desc limit 40;
