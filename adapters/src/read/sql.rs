//! Every fixed statement of the read side, in one list that a test prepares.

macro_rules! statements {
    ($($(#[doc = $doc:literal])* $name:ident = $sql:expr;)*) => {
        $($(#[doc = $doc])* pub(super) const $name: &str = $sql;)*
        /// Name and text of every statement.
        pub const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

/// Events with the epoch in the same snapshot; the size bounds caches.
macro_rules! events {
    ($rest:literal) => {
        concat!(
            "select p.epoch, e.lane, e.position, e.tenant_id, e.aggregate_type, e.aggregate_id, \
             e.sequence, e.event_type, e.event_version, e.payload, e.metadata, e.recorded_at, \
             pg_column_size(e.payload) from log.events e cross join log.epoch p ",
            $rest
        )
    };
}

/// Parked events in the order of `bookkeeping::ParkedRow`.
macro_rules! parked {
    ($rest:literal) => {
        concat!(
            "select p.name, p.lane, p.position, p.tenant_id, p.aggregate_type, p.aggregate_id, \
             p.code, p.reason, p.attempts, p.parked_at from ops.parked p ",
            $rest
        )
    };
}

statements! {
    // The log.
    LANES = "select lane from log.lane_heads order by lane";
    // An empty lane has no time yet; `-infinity` has no value outside Postgres.
    HEAD = "select p.epoch, h.position, greatest(h.recorded_at, to_timestamp(0)) \
            from log.lane_heads h cross join log.epoch p where h.lane = $1";
    LANE_OF = "select lane from log.tenant_lanes where tenant_id = $1";
    READ_LANE = events!("where e.lane = $1 and e.position > $2 order by e.position limit $3");
    READ_POSITIONS = events!("where e.lane = $1 and e.position = any($2) order by e.position");
    READ_TENANT = events!(
        "where e.tenant_id = $1 and e.lane = $2 and e.position > $3 and e.position <= $4 \
         order by e.position limit $5"
    );
    READ_STREAM = events!(
        "where e.aggregate_type = $1 and e.aggregate_id = $2 and e.tenant_id = $3 \
         and e.sequence > $4 order by e.sequence limit $5"
    );

    // Wake-up.
    POLL_HEADS = "select h.lane, h.position, p.epoch from log.lane_heads h cross join log.epoch p";
    POLL_PROGRESS = "select m.name, m.schema, c.lane, c.position from ops.checkpoints c \
                     join ops.read_models m using (name, schema, generation) where m.state = 'live'";
    BACKEND_PID = "select pg_backend_pid()";
    // Only we can guess the names: whoever has a session can listen and notify.
    CHANNELS = "select ops.channel(c) from unnest($1::text[]) c";
    NOTIFY = "select pg_notify(ops.channel(n.channel), n.payload) \
              from unnest($1::text[], $2::text[]) as n(channel, payload)";

    // Generations.
    // One at a time per view; 1651 keeps clear of other users of advisory locks.
    LOCK_DDL = "select pg_advisory_xact_lock(hashtextextended($1, 1651))";
    LOCK_TIMEOUT = "select set_config('lock_timeout', $1, true)";
    MODELS = "select generation, state, shape, ddl_hash, indexed, builder from ops.read_models \
              where name = $1 and schema = $2 order by generation";
    IS_NEWEST = "select not exists (select from ops.read_models \
                 where name = $1 and schema > $2 and state = 'live')";
    TABLE_EXISTS = "select to_regclass($1) is not null";
    INSERT_MODEL = "insert into ops.read_models (name, schema, generation, state, shape, ddl_hash, indexed, builder) \
                    values ($1, $2, $3, $4, $5, $6, $7, $8)";
    UPDATE_MODEL = "update ops.read_models set ddl_hash = $4, indexed = $5 \
                    where name = $1 and schema = $2 and generation = $3";
    SET_STATE = "update ops.read_models set state = $4, changed_at = now() \
                 where name = $1 and schema = $2 and generation = $3";
    DELETE_MODEL = "delete from ops.read_models where name = $1 and schema = $2 and generation = $3";
    ADD_CHECKPOINTS = "insert into ops.checkpoints (name, schema, generation, lane, epoch) \
                       select $1, $2, $3, h.lane, p.epoch from log.lane_heads h cross join log.epoch p \
                       on conflict do nothing";
    // Several generations at once are locked in this order, always.
    LOCK_CHECKPOINTS = "select generation, lane, epoch, position from ops.checkpoints \
                        where name = $1 and schema = $2 and generation in ($3, $4) \
                        order by generation, lane for update";
    OF_THIS_EPOCH = "select coalesce(bool_and(c.epoch = p.epoch), false) \
                     from ops.checkpoints c cross join log.epoch p \
                     where c.name = $1 and c.schema = $2 and c.generation = $3";
    EPOCH = "select epoch from log.epoch";
    LIVE_GENERATION = "select generation from ops.read_models \
                       where name = $1 and schema = $2 and state = 'live'";

    // A claimed lane. Rows and checkpoint commit together and a replay heals what a crash takes
    // back, so nobody needs to wait for the disk.
    CLAIM = "select c.position, c.epoch, p.epoch, set_config('synchronous_commit', 'off', true) \
             from ops.checkpoints c \
             join ops.read_models m using (name, schema, generation) \
             cross join log.epoch p \
             where c.name = $1 and c.schema = $2 and c.generation = $3 and c.lane = $4 \
             and m.state <> 'retired' for update of c skip locked";
    // Waits for the lanes of a generation, in order. What the generation is by then must be asked
    // in another statement: this one's snapshot is from before the wait.
    WAIT_FOR_LANES = "select c.lane from ops.checkpoints c \
                      where c.name = $1 and c.schema = $2 and c.generation = $3 and c.lane = any($4) \
                      order by c.lane for update";
    HELD_LANES = "select c.lane, c.position, c.epoch, p.epoch from ops.checkpoints c \
                  join ops.read_models m using (name, schema, generation) cross join log.epoch p \
                  where c.name = $1 and c.schema = $2 and c.generation = $3 and c.lane = any($4) \
                  and m.state <> 'retired' order by c.lane";
    MOVE_CHECKPOINT = "update ops.checkpoints set position = $5, moved_at = clock_timestamp() \
                       where name = $1 and schema = $2 and generation = $3 and lane = $4 and position < $5 \
                       returning (select m.state = 'live' from ops.read_models m \
                         where m.name = $1 and m.schema = $2 and m.generation = $3)";
    PARKED_STREAMS = "select distinct aggregate_type, aggregate_id from ops.parked \
                      where name = $1 and schema = $2 and generation = $3 and lane = $4";
    PARK = "insert into ops.parked (name, schema, generation, lane, position, tenant_id, \
              aggregate_type, aggregate_id, code, reason, attempts, parked_at) \
            select $1, $2, $3, $4, * from unnest($5::bigint[], $6::uuid[], $7::text[], $8::text[], \
              $9::text[], $10::text[], $11::integer[], $12::timestamptz[]) \
            on conflict (name, schema, generation, lane, position) do update \
              set code = excluded.code, reason = excluded.reason, attempts = excluded.attempts";
    PARKED_OF = parked!(
        "where p.name = $1 and p.schema = $2 and p.generation = $3 and p.lane = $4 \
         and p.aggregate_type = $5 and p.aggregate_id = $6 order by p.position"
    );
    UNPARK = "delete from ops.parked where name = $1 and schema = $2 and generation = $3 \
              and lane = $4 and position = any($5)";

    // Overviews.
    CHECKPOINTS = "select c.name, c.schema, c.generation, m.state = 'live', c.lane, c.position, \
                     h.position, c.epoch <> p.epoch, c.moved_at, (select count(*) from ops.parked p \
                       where p.name = c.name and p.schema = c.schema \
                       and p.generation = c.generation and p.lane = c.lane) \
                   from ops.checkpoints c join ops.read_models m using (name, schema, generation) \
                   join log.lane_heads h on h.lane = c.lane cross join log.epoch p where m.state <> 'retired' \
                   order by c.name, c.schema, c.generation, c.lane";
    PARKED = parked!(
        "join ops.read_models m using (name, schema, generation) where m.state = 'live' \
         and ($1::uuid is null or p.tenant_id = $1) order by p.parked_at, p.name, p.lane, p.position \
         limit 10000"
    );

    // The API.
    SET_TENANT = "select set_config('app.tenant_id', $1, true)";
    IS_PARKED = "select exists (select from ops.parked p \
                   join unnest($2::text[], $3::integer[]) as v(name, schema) \
                   on p.name = v.name and p.schema = v.schema \
                   where p.tenant_id = $1 and p.position <= $4 \
                   and ($5::text is null or (p.aggregate_type = $5 and p.aggregate_id = $6)) \
                   and p.generation = ops.live_generation(v.name, v.schema))";
    CHECKPOINT = "select ops.checkpoint($1, $2, $3)";
}
