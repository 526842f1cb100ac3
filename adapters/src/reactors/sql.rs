//! Every statement of the reactors' store, in one list that a test prepares.

macro_rules! statements {
    ($($(#[doc = $doc:literal])* $name:ident = $sql:expr;)*) => {
        $($(#[doc = $doc])* pub(super) const $name: &str = $sql;)*
        /// All of them.
        pub(super) const ALL: &[&str] = &[$($name),*];
    };
}

statements! {
    /// Checkpoints that are missing begin at the beginning; what is there is closed to older
    /// versions. `$3`: up to the end of today they only take notes.
    ENSURE = "insert into effects.reactors (reactor, lane, version, position, quiet_until) \
              select $1, h.lane, $2, 0, case when $3 then h.position else 0 end \
              from log.lane_heads h \
              on conflict (reactor, lane) do update set version = excluded.version \
              where effects.reactors.version < excluded.version";
    POSITION = "select position from effects.reactors \
                where reactor = $1 and lane = $2 and version <= $3";
    /// Also elects one worker among all processes.
    CLAIM = "select position, quiet_until from effects.reactors \
             where reactor = $1 and lane = $2 and version <= $3 for update skip locked";
    /// Effects must not be lost once somebody may have seen them. Passing over events (`$5`) may
    /// be lost: it is done again.
    MOVE = "update effects.reactors r set position = $3, version = $4, moved_at = now() \
            from (select set_config('synchronous_commit', \
                    case when $5 then 'off' \
                         when current_setting('synchronous_commit') = 'off' then 'on' \
                         else current_setting('synchronous_commit') end, true) as mode) d \
            where r.reactor = $1 and r.lane = $2 and d.mode is not null";
    CHECKPOINTS = "select r.reactor, r.version, r.lane, r.position, h.position, r.moved_at, \
                          (select count(*) from effects.parked p \
                           where p.reactor = r.reactor and p.lane = r.lane) \
                   from effects.reactors r join log.lane_heads h using (lane) \
                   order by r.reactor, r.lane";

    PARKED_STREAMS = "select distinct tenant_id, aggregate_type, aggregate_id \
                      from effects.parked where reactor = $1 and lane = $2";
    PARKED_OF = "select reactor, lane, position, tenant_id, aggregate_type, aggregate_id, code, \
                        reason, attempts from effects.parked \
                 where reactor = $1 and lane = $2 and tenant_id = $3 and aggregate_type = $4 \
                   and aggregate_id = $5 order by position limit $6";
    PARKED = "select reactor, lane, position, tenant_id, aggregate_type, aggregate_id, code, \
                     reason, attempts from effects.parked \
              where $1::uuid is null or tenant_id = $1 order by parked_at, lane, position limit $2";
    PARK = "insert into effects.parked (reactor, lane, position, tenant_id, aggregate_type, \
                                        aggregate_id, code, reason, attempts) \
            select $1, $2, p.* from unnest($3::bigint[], $4::uuid[], $5::text[], $6::text[], \
                                           $7::text[], $8::text[], $9::integer[]) p";
    UNPARK = "delete from effects.parked where reactor = $1 and lane = $2 and position = any($3)";

    /// An effect that is due at once is due since its event happened (see `write_effects.sql`).
    EFFECTS = "insert into effects.queue (id, tenant_id, kind, serial_key, lane, position, \
                                          ordinal, payload, due_at, next_attempt_at, event_id, \
                                          correlation_id, traceparent, created_at) \
               select e.id, e.tenant_id, e.kind, e.serial_key, $1, e.position, e.ordinal, \
                      e.payload, coalesce(e.due_at, least(e.occurred_at, e.recorded_at)), \
                      coalesce(e.due_at, least(e.occurred_at, e.recorded_at)), e.event_id, \
                      e.correlation_id, e.traceparent, e.recorded_at \
               from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], \
                           $7::smallint[], $8::jsonb[], $9::timestamptz[], $10::uuid[], \
                           $11::uuid[], $12::text[], $13::timestamptz[], $14::timestamptz[]) \
                 as e (id, tenant_id, kind, serial_key, position, ordinal, payload, due_at, \
                       event_id, correlation_id, traceparent, occurred_at, recorded_at) \
               on conflict (id) do nothing";
    /// The oldest first. What a worker has at this moment may have looked too early: if it puts
    /// itself off, it is tried again at once (see `SETTLE`).
    WAKE = "with waiting as ( \
              select id, position, ordinal from effects.queue \
              where tenant_id = $1 and serial_key is not null and kind = $2 \
                and (state = 'running' \
                     or (state = 'pending' and last_code = $3 and next_attempt_at > $4)) \
              order by position, ordinal limit 64 for update skip locked), \
            turns as ( \
              select id, row_number() over (order by position desc, ordinal desc) as turn \
              from waiting) \
            update effects.queue q set woken_at = $4, \
                next_attempt_at = case when q.state = 'pending' \
                    then $4 - turn * interval '1 microsecond' else q.next_attempt_at end \
            from turns where q.id = turns.id";

    ANSWERS = "select n.tenant_id, n.topic, n.key, n.value, n.noted_at \
               from unnest($2::uuid[], $3::text[], $4::uuid[]) q (tenant_id, topic, key) \
               join effects.notes n on n.tenant_id = q.tenant_id and n.reactor = $1 \
                                   and n.topic = q.topic and n.key = q.key";
    PUT = "insert into effects.notes (tenant_id, reactor, topic, key, value, noted_at) \
           values ($1, $2, $3, $4, $5, $6) on conflict do nothing";
    DROP = "delete from effects.notes \
            where tenant_id = $1 and reactor = $2 and topic = $3 and value = $4";
    CLEAR = "delete from effects.notes \
             where tenant_id = $1 and reactor = $2 and topic = $3 and key = $4";
    MOVE_NOTES = "with moved as (delete from effects.notes where tenant_id = $1 and reactor = $2 \
                                   and topic = $3 and key = $4 returning *) \
                  insert into effects.notes (tenant_id, reactor, topic, key, value, noted_at) \
                  select tenant_id, reactor, topic, $5, value, noted_at from moved \
                  on conflict do nothing";
    CHANGE = "with moved as (delete from effects.notes where tenant_id = $1 and reactor = $2 \
                               and topic = $3 and value = $4 returning *) \
              insert into effects.notes (tenant_id, reactor, topic, key, value, noted_at) \
              select tenant_id, reactor, $5, key, value, $6 from moved on conflict do nothing";
    REPLACE = "with moved as (delete from effects.notes where tenant_id = $1 and reactor = $2 \
                                and topic = $3 and value = $4 returning *) \
               insert into effects.notes (tenant_id, reactor, topic, key, value, noted_at) \
               select tenant_id, reactor, topic, key, $5, $6 from moved on conflict do nothing";
}
