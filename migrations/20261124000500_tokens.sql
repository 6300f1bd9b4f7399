-- Signing keys, the tokens that are current, and a record of every token that was issued.

CREATE TABLE signing_keys (
    kid         text PRIMARY KEY,
    algorithm   text NOT NULL CHECK (algorithm IN ('RS256', 'ES256')),
    public_jwk  jsonb NOT NULL,
    -- AES-256-GCM under the key-encryption key; erased once the key is removed.
    sealed      bytea,
    created_at  timestamptz NOT NULL,
    active_from timestamptz NOT NULL,
    retired_at  timestamptz,
    removed_at  timestamptz
);

-- The token that repeated calls return, whichever replica answers; sealed, for a token is a secret.
CREATE TABLE current_tokens (
    login_id   uuid NOT NULL REFERENCES logins,
    cluster_id uuid NOT NULL REFERENCES clusters,
    jti        uuid NOT NULL,
    kid        text NOT NULL,
    groups     text[] NOT NULL,
    issued_at  timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    sealed     bytea NOT NULL,
    PRIMARY KEY (login_id, cluster_id)
);

CREATE TABLE issued_tokens (
    jti              uuid PRIMARY KEY,
    user_id          uuid NOT NULL,
    username         text NOT NULL,
    cluster          text NOT NULL,
    groups           text[] NOT NULL,
    issued_at        timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    kid              text NOT NULL,
    login_id         uuid NOT NULL,
    retrieval_key_id uuid,
    address          text NOT NULL
);
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON issued_tokens
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The groups that a user's token for a cluster carries: those of the cluster and the global ones.
-- Expiry is a condition here and nowhere a job. `least_left` keeps out what is about to end, in the
-- whole seconds that a token can tell.
CREATE FUNCTION token_groups(who uuid, of_cluster uuid, at timestamptz, least_left interval)
    RETURNS TABLE (name text, until timestamptz) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT g.name::text, CASE WHEN bool_or(m.valid_until IS NULL) THEN NULL ELSE max(m.valid_until) END
    FROM memberships m JOIN groups g ON g.id = m.group_id
    WHERE m.user_id = who AND m.ended_at IS NULL
      AND m.valid_from <= at AND (m.valid_until IS NULL OR date_trunc('second', m.valid_until) >= at + least_left)
      AND (g.cluster_id = of_cluster OR g.cluster_id IS NULL)
    GROUP BY g.name
$$;

-- What a token for somebody would say now, in one row: who they are, the login it stands on, the
-- cluster, the groups, and the token that is current. No row: no such user. Without a live login,
-- or without one cluster that fits, those columns are null.
CREATE FUNCTION standing(who uuid, only_login uuid, only_cluster uuid, cluster_name text, at timestamptz, least_left interval)
    RETURNS TABLE (
        username text, display_name text, email text, email_verified boolean, disabled boolean,
        login_id uuid, authenticated_at timestamptz, login_expires_at timestamptz, amr text[],
        cluster_id uuid, cluster text, api_url text, audience text, username_prefix text, groups_prefix text,
        groups_claim text, token_lifetime integer,
        groups text[], groups_until timestamptz,
        jti uuid, kid text, current_groups text[], issued_at timestamptz, expires_at timestamptz, sealed bytea
    ) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT u.username::text, u.display_name, u.email, u.email_verified, u.disabled_at IS NOT NULL,
           l.id, l.authenticated_at, l.expires_at, l.amr,
           c.id, c.name, c.api_url, c.audience, c.username_prefix, c.groups_prefix, c.groups_claim, c.token_lifetime,
           g.names, g.until,
           t.jti, t.kid, t.groups, t.issued_at, t.expires_at, t.sealed
    FROM users u
    LEFT JOIN LATERAL (
        SELECT * FROM logins
        WHERE user_id = u.id AND ended_at IS NULL AND date_trunc('second', expires_at) >= at + least_left
          AND (only_login IS NULL OR id = only_login)
        ORDER BY authenticated_at DESC, id LIMIT 1) l ON true
    LEFT JOIN LATERAL (
        SELECT * FROM clusters
        WHERE CASE WHEN cluster_name IS NOT NULL THEN name = cluster_name
                   WHEN only_cluster IS NOT NULL THEN id = only_cluster
                   ELSE (SELECT count(*) FROM clusters) = 1 END
        LIMIT 1) c ON true
    LEFT JOIN LATERAL (
        SELECT array_agg(name ORDER BY name COLLATE "C") AS names, min(until) AS until
        FROM token_groups(u.id, c.id, at, least_left)) g ON c.id IS NOT NULL
    LEFT JOIN current_tokens t ON t.login_id = l.id AND t.cluster_id = c.id
    WHERE u.id = who
$$;
