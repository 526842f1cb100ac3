-- What is kept of a webhook's request beside its body: path below the source's name (without
-- secrets), query, content type and the headers that the source asks for. Null where there is
-- nothing, as for everything that was received before.
alter table inbox.deliveries add column request jsonb;
