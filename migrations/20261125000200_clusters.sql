-- Clusters are made and changed by people now, and a token says no longer what a record said before.

ALTER TABLE clusters
    -- Counts the changes of the record.
    ADD COLUMN revision integer NOT NULL DEFAULT 1,
    ADD CHECK (api_url LIKE 'https://_%'),
    ADD CHECK (groups_claim NOT IN ('at_hash', 'c_hash', '_claim_names', '_claim_sources')),
    ADD CHECK (username_prefix <> '-'),
    ADD CHECK (group_template LIKE '%{namespace}%' AND group_template LIKE '%{role}%'),
    ADD CHECK (ca_certificate LIKE '-----BEGIN CERTIFICATE-----%' AND ca_certificate NOT LIKE '%PRIVATE KEY%');

CREATE FUNCTION count_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;
-- Whoever changes the record, and however.
CREATE TRIGGER clusters_revision BEFORE UPDATE ON clusters
    FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION count_revision();

-- What the cluster's record was when the token was made of it.
ALTER TABLE current_tokens ADD COLUMN cluster_revision integer NOT NULL DEFAULT 1;

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
        groups_prefix text, groups_claim text, token_lifetime integer, group_template text, revision integer,
        groups text[], groups_until timestamptz[],
        jti uuid, kid text, current_groups text[], current_revision integer, issued_at timestamptz,
        expires_at timestamptz, sealed bytea
    ) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT u.username::text, u.display_name, u.email, u.email_verified, u.disabled_at IS NOT NULL,
           l.id, l.authenticated_at, l.expires_at, l.amr,
           c.id, c.name, c.api_url, c.ca_certificate, c.audience, c.username_prefix,
           c.groups_prefix, c.groups_claim, c.token_lifetime, c.group_template, c.revision,
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
