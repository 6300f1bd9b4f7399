-- Logins that are under way at a provider: the browser went there and has to come back.

CREATE TABLE login_flows (
    -- SHA-256 of `state`, which travels with the browser; taken once.
    state_hash   bytea PRIMARY KEY CHECK (octet_length(state_hash) = 32),
    -- SHA-256 of the cookie of the browser that left: no other one may come back for it.
    browser_hash bytea NOT NULL CHECK (octet_length(browser_hash) = 32),
    directory    text NOT NULL,
    -- The nonce and the PKCE verifier, AES-256-GCM under the key-encryption key.
    sealed       bytea NOT NULL,
    return_to    text NOT NULL CHECK (return_to LIKE '/%' AND octet_length(return_to) <= 2000),
    created_at   timestamptz NOT NULL
);
CREATE INDEX login_flows_browser ON login_flows (browser_hash, created_at);
CREATE INDEX login_flows_created ON login_flows (created_at);
