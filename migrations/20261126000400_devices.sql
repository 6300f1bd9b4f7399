-- Programs that cannot open a browser, and wait until a person lets them act (RFC 8628).

CREATE TABLE devices (
    -- SHA-256 of the code that the program asks with.
    device_hash    bytea PRIMARY KEY CHECK (octet_length(device_hash) = 32),
    -- SHA-256 of the code that the person types. It is short: the hash keeps it out of copies and logs,
    -- and does not withstand whoever tries all of them.
    user_code_hash bytea NOT NULL UNIQUE CHECK (octet_length(user_code_hash) = 32),
    client_id      text NOT NULL,
    cluster_id     uuid NOT NULL REFERENCES clusters,
    scope          text NOT NULL,
    -- Where the program asked from.
    address        text NOT NULL,
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    -- How long the program has to wait between two questions; longer each time that it did not.
    pace_seconds   integer NOT NULL CHECK (pace_seconds > 0),
    polled_at      timestamptz,
    decided_at     timestamptz,
    allowed        boolean,
    -- Who decided, and at which login.
    user_id        uuid REFERENCES users,
    login_id       uuid REFERENCES logins,
    redeemed_at    timestamptz,
    -- What was made of it.
    family_id      uuid REFERENCES families DEFERRABLE INITIALLY DEFERRED,
    CHECK ((decided_at IS NULL) = (allowed IS NULL)
       AND (decided_at IS NULL) = (user_id IS NULL)
       AND (decided_at IS NULL) = (login_id IS NULL)),
    CHECK (redeemed_at IS NULL OR allowed),
    CHECK (family_id IS NULL OR redeemed_at IS NOT NULL)
);
CREATE INDEX devices_expired ON devices (expires_at);
