-- What was asked, decided, changed and issued: a chain in which each record holds the hash of the one
-- before, written in the transaction of its cause.

CREATE TABLE audit_records (
    seq        bigint PRIMARY KEY,
    at         timestamptz NOT NULL,
    kind       text NOT NULL CHECK (kind ~ '^[a-z_]+(\.[a-z_]+)*$'),
    -- Who did it, by id where they are a user, and as people read it.
    actor_id   uuid,
    actor      text NOT NULL,
    -- Whom it is about.
    subject_id uuid,
    subject    text,
    cluster    text,
    namespace  text,
    role       text,
    request_id uuid,
    -- JSON, byte for byte as it was hashed.
    details    text NOT NULL CHECK (octet_length(details) <= 65536),
    previous   bytea NOT NULL,
    hash       bytea NOT NULL
);
CREATE INDEX audit_at ON audit_records (at DESC, seq DESC);
CREATE INDEX audit_subject ON audit_records (subject_id, seq DESC) WHERE subject_id IS NOT NULL;
CREATE INDEX audit_actor ON audit_records (actor_id, seq DESC) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_namespace ON audit_records (cluster, namespace, seq DESC) WHERE namespace IS NOT NULL;
CREATE INDEX audit_kind ON audit_records (kind, seq DESC);
CREATE INDEX audit_request ON audit_records (request_id) WHERE request_id IS NOT NULL;

-- A field in the text that is hashed: its length in bytes, a colon, itself; `-` where there is none.
CREATE FUNCTION audit_field(field text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN field IS NULL THEN '-' ELSE octet_length(field) || ':' || field END
$$;

-- SHA-256 of the hash before and of every field in turn (identity/audit/chain.rs says the same).
CREATE FUNCTION audit_hash(r audit_records) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(r.previous || convert_to(
        audit_field(r.seq::text) || audit_field((extract(epoch FROM r.at) * 1000000)::bigint::text) || audit_field(r.kind)
        || audit_field(r.actor_id::text) || audit_field(r.actor) || audit_field(r.subject_id::text) || audit_field(r.subject)
        || audit_field(r.cluster) || audit_field(r.namespace) || audit_field(r.role) || audit_field(r.request_id::text)
        || audit_field(r.details), 'UTF8'))
$$;

-- One at a time, until the transaction ends: a chain has no forks.
CREATE FUNCTION append_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last audit_records;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit', 0));
    SELECT * INTO last FROM audit_records ORDER BY seq DESC LIMIT 1;
    NEW.seq := coalesce(last.seq, 0) + 1;
    NEW.previous := coalesce(last.hash, '\x'::bytea);
    NEW.hash := audit_hash(NEW);
    RETURN NEW;
END $$;
CREATE TRIGGER chained BEFORE INSERT ON audit_records FOR EACH ROW EXECUTE FUNCTION append_audit();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_records
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
