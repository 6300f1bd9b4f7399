-- OAuth: clients, the codes that they are sent, and what each may do for a login.

-- The clients of the configuration and of the page. Each cluster has one of its own beside these, whose
-- id is the cluster's audience.
CREATE TABLE clients (
    id                        text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$'),
    title                     text NOT NULL CHECK (octet_length(title) BETWEEN 1 AND 200),
    cluster_id                uuid NOT NULL REFERENCES clusters,
    source                    text NOT NULL CHECK (source IN ('configuration', 'page')),
    -- SHA-256 of the secret; none where the client is public.
    secret_hash               bytea CHECK (octet_length(secret_hash) = 32),
    redirect_uris             text[] NOT NULL,
    post_logout_redirect_uris text[] NOT NULL,
    backchannel_logout_uri    text,
    grant_types               text[] NOT NULL CHECK (grant_types <@ ARRAY['authorization_code', 'refresh_token', 'device_code']),
    pkce_required             boolean NOT NULL CHECK (pkce_required OR secret_hash IS NOT NULL),
    first_party               boolean NOT NULL,
    created_at                timestamptz NOT NULL,
    disabled_at               timestamptz
);

-- A client's id stands in `aud` beside its cluster's audience. Were it another cluster's audience, that
-- cluster would take its tokens.
CREATE FUNCTION refuse_shared_audience() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted text := CASE TG_TABLE_NAME WHEN 'clients' THEN to_jsonb(NEW)->>'id' ELSE to_jsonb(NEW)->>'audience' END;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audience ' || wanted, 0));
    IF (TG_TABLE_NAME = 'clients' AND EXISTS (SELECT FROM clusters WHERE audience = wanted))
       OR (TG_TABLE_NAME = 'clusters' AND EXISTS (SELECT FROM clients WHERE id = wanted)) THEN
        RAISE EXCEPTION 'the name % is an audience of tokens already', wanted
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'one_audience';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER one_audience BEFORE INSERT OR UPDATE OF id ON clients
    FOR EACH ROW EXECUTE FUNCTION refuse_shared_audience();
CREATE TRIGGER one_audience BEFORE INSERT OR UPDATE OF audience ON clusters
    FOR EACH ROW EXECUTE FUNCTION refuse_shared_audience();

-- To whom a person let a client say who they are.
CREATE TABLE consents (
    user_id    uuid NOT NULL REFERENCES users,
    client_id  text NOT NULL,
    scope      text NOT NULL,
    granted_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, client_id)
);

-- What one client may do for one login, from the code or the device on: its tokens descend from each
-- other. It ends with the login, which is a condition in every query and not written here.
CREATE TABLE families (
    id                         uuid PRIMARY KEY,
    client_id                  text NOT NULL,
    cluster_id                 uuid NOT NULL REFERENCES clusters,
    user_id                    uuid NOT NULL REFERENCES users,
    login_id                   uuid NOT NULL REFERENCES logins,
    scope                      text NOT NULL,
    -- SHA-256 of what all tokens of the family have in common: whoever shows it holds one of them.
    mark_hash                  bytea NOT NULL CHECK (octet_length(mark_hash) = 32),
    -- Of the refresh token that is good, and of the one before.
    refresh_hash               bytea CHECK (octet_length(refresh_hash) = 32),
    previous_hash              bytea CHECK (octet_length(previous_hash) = 32),
    rotated_at                 timestamptz,
    -- What the last rotation answered, sealed under the refresh token that asked for it.
    sealed                     bytea,
    access_hash                bytea CHECK (octet_length(access_hash) = 32),
    access_expires_at          timestamptz,
    previous_access_hash       bytea CHECK (octet_length(previous_access_hash) = 32),
    previous_access_expires_at timestamptz,
    -- SHA-256 of the secret that goes with this family alone, in place of the client's.
    secret_hash                bytea CHECK (octet_length(secret_hash) = 32),
    address                    text NOT NULL,
    created_at                 timestamptz NOT NULL,
    last_used_at               timestamptz NOT NULL,
    ended_at                   timestamptz,
    end_reason                 text CHECK (end_reason IN ('reused', 'replayed', 'misused', 'revoked', 'ended')),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX families_login ON families (login_id);
CREATE INDEX families_user ON families (user_id, created_at);

CREATE TABLE codes (
    code_hash    bytea PRIMARY KEY CHECK (octet_length(code_hash) = 32),
    client_id    text NOT NULL,
    cluster_id   uuid NOT NULL REFERENCES clusters,
    user_id      uuid NOT NULL REFERENCES users,
    login_id     uuid NOT NULL REFERENCES logins,
    redirect_uri text NOT NULL,
    scope        text NOT NULL,
    nonce        text,
    -- Of the method S256 (RFC 7636 §4.2).
    challenge    text,
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz,
    -- What was made of it.
    family_id    uuid REFERENCES families
);
CREATE INDEX codes_expired ON codes (expires_at);

ALTER TABLE issued_tokens ADD COLUMN client_id text;

-- Where a browser returns to can be a client's whole request.
ALTER TABLE login_flows DROP CONSTRAINT login_flows_return_to_check;
ALTER TABLE login_flows ADD CHECK (return_to LIKE '/%' AND octet_length(return_to) <= 6000);
