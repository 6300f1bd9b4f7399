-- Cutting access off before a token ends: what API servers ask the portal, and how they prove who
-- they are.

ALTER TABLE clusters
    -- What its people show the API server.
    ADD COLUMN tokens text NOT NULL DEFAULT 'id-token' CHECK (tokens IN ('id-token', 'opaque')),
    -- Whether the API server was told of the authorization webhook.
    ADD COLUMN webhook boolean NOT NULL DEFAULT false;

-- What a cluster's API server shows the webhooks. Looked up by its hash; sealed as well, so that the
-- configuration that holds it can be printed again.
CREATE TABLE cluster_credentials (
    cluster_id  uuid PRIMARY KEY REFERENCES clusters,
    secret_hash bytea NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32),
    -- AES-256-GCM under the key-encryption key.
    sealed      bytea NOT NULL,
    created_at  timestamptz NOT NULL
);

-- Opaque tokens of clusters that take no id_tokens. Whether one is good is decided when it is looked
-- up, by the login, the user and the cluster; a row says only what the token stands for.
CREATE TABLE opaque_tokens (
    secret_hash bytea PRIMARY KEY CHECK (octet_length(secret_hash) = 32),
    jti         uuid NOT NULL UNIQUE,
    login_id    uuid NOT NULL,
    cluster_id  uuid NOT NULL,
    user_id     uuid NOT NULL,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX opaque_tokens_ended ON opaque_tokens (expires_at);

-- No key signs an opaque token.
ALTER TABLE current_tokens ALTER COLUMN kid DROP NOT NULL;
ALTER TABLE issued_tokens ALTER COLUMN kid DROP NOT NULL;

DROP FUNCTION standing;

-- What a token for somebody would say now, in one row: who they are, the login it stands on, the
-- cluster (the named one, or else `only_cluster`, or else the only one that there is), the groups
-- with the end of each, and the token that is current. No row: no such user. Without a live login,
-- or without a cluster, those columns are null.
CREATE FUNCTION standing(who uuid, only_login uuid, only_cluster uuid, cluster_name text, at timestamptz, least_left interval)
    RETURNS TABLE (
        username text, display_name text, email text, email_verified boolean, disabled boolean,
        login_id uuid, authenticated_at timestamptz, login_expires_at timestamptz, amr text[],
        cluster_id uuid, cluster text, api_url text, ca_certificate text, audience text, username_prefix text,
        groups_prefix text, groups_claim text, token_lifetime integer, group_template text, tokens text, webhook boolean,
        revision integer,
        groups text[], groups_until timestamptz[],
        jti uuid, kid text, current_groups text[], current_revision integer, issued_at timestamptz,
        expires_at timestamptz, sealed bytea
    ) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT u.username::text, u.display_name, u.email, u.email_verified, u.disabled_at IS NOT NULL,
           l.id, l.authenticated_at, l.expires_at, l.amr,
           c.id, c.name, c.api_url, c.ca_certificate, c.audience, c.username_prefix,
           c.groups_prefix, c.groups_claim, c.token_lifetime, c.group_template, c.tokens, c.webhook, c.revision,
           g.names, g.until,
           t.jti, t.kid, t.groups, t.cluster_revision, t.issued_at,
           t.expires_at, t.sealed
    FROM users u
    LEFT JOIN LATERAL (
        SELECT id, authenticated_at, expires_at, amr FROM logins
        WHERE user_id = u.id AND ended_at IS NULL AND date_trunc('second', expires_at) >= at + least_left
          AND (only_login IS NULL OR id = only_login)
        ORDER BY authenticated_at DESC, id LIMIT 1) l ON true
    LEFT JOIN clusters c ON c.id = CASE
        WHEN cluster_name IS NOT NULL THEN (SELECT id FROM clusters WHERE name = cluster_name)
        WHEN only_cluster IS NOT NULL THEN only_cluster
        ELSE (SELECT (array_agg(id))[1] FROM clusters HAVING count(*) = 1) END
    CROSS JOIN LATERAL (
        SELECT array_agg(name) AS names, array_agg(until) AS until
        FROM token_groups(u.id, c.id, at, least_left)) g
    LEFT JOIN current_tokens t ON t.login_id = l.id AND t.cluster_id = c.id
    WHERE u.id = who
$$;
