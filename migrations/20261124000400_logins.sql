-- Logins, the keys that work while one is alive, and the throttle of attempts.

CREATE TABLE logins (
    -- Public: it stands in tokens as `sid`.
    id               uuid PRIMARY KEY,
    user_id          uuid NOT NULL REFERENCES users,
    directory        text NOT NULL,
    -- SHA-256 of the cookie; none once the browser got another one.
    cookie_hash      bytea UNIQUE CHECK (octet_length(cookie_hash) = 32),
    -- Stands in until the person logs in at a browser themselves.
    provisional      boolean NOT NULL DEFAULT false,
    amr              text[] NOT NULL,
    address          text NOT NULL,
    browser          text NOT NULL CHECK (octet_length(browser) <= 800),
    authenticated_at timestamptz NOT NULL,
    last_used_at     timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    ended_at         timestamptz,
    end_reason       text CHECK (end_reason IN ('logout', 'ended', 'everywhere', 'disabled', 'switched', 'replaced')),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX logins_live ON logins (user_id, authenticated_at DESC) WHERE ended_at IS NULL;

CREATE TABLE retrieval_keys (
    id             uuid PRIMARY KEY,
    user_id        uuid NOT NULL REFERENCES users,
    name           text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 240),
    secret_hash    bytea NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32),
    -- Works for this cluster only.
    cluster_id     uuid REFERENCES clusters,
    -- Works while this very login lives.
    login_id       uuid REFERENCES logins,
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    last_used_at   timestamptz,
    last_used_from text,
    revoked_at     timestamptz
);
CREATE INDEX retrieval_keys_user ON retrieval_keys (user_id) WHERE revoked_at IS NULL;

-- Generic cell rate: the theoretical arrival time of each bucket. Buckets are hashes, so that the
-- names that people try do not gather here.
CREATE TABLE login_attempts (
    bucket  bytea PRIMARY KEY,
    arrival timestamptz NOT NULL
);
