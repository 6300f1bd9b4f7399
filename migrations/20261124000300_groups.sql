-- Clusters, their namespaces, and the groups that people hold there.

CREATE TABLE clusters (
    id              uuid PRIMARY KEY,
    name            text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    api_url         text NOT NULL,
    ca_certificate  text,
    -- Distinct, so that no cluster accepts another's tokens.
    audience        text NOT NULL UNIQUE CHECK (octet_length(audience) BETWEEN 1 AND 253),
    username_prefix text NOT NULL DEFAULT 'shorepass:' CHECK (NOT is_reserved(username_prefix)),
    groups_prefix   text NOT NULL DEFAULT 'shorepass:' CHECK (NOT is_reserved(groups_prefix)),
    groups_claim    text NOT NULL DEFAULT 'groups' CHECK (groups_claim NOT IN (
        '', 'iss', 'sub', 'aud', 'azp', 'exp', 'iat', 'nbf', 'jti', 'uid', 'auth_time', 'amr', 'acr', 'nonce',
        'sid', 'preferred_username', 'name', 'email', 'email_verified')),
    token_lifetime  integer NOT NULL DEFAULT 300 CHECK (token_lifetime BETWEEN 60 AND 900),
    group_template  text NOT NULL DEFAULT '{namespace}-{role}',
    created_at      timestamptz NOT NULL
);

CREATE TABLE namespaces (
    id         uuid PRIMARY KEY,
    cluster_id uuid NOT NULL REFERENCES clusters,
    name       text NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    UNIQUE (cluster_id, name)
);

-- What can be held in a namespace.
CREATE TABLE roles (
    name text PRIMARY KEY CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    -- From the most to the least.
    rank integer NOT NULL UNIQUE
);
INSERT INTO roles (name, rank) VALUES ('admin', 1), ('editor', 2), ('viewer', 3);

-- A name in the groups claim. Without a cluster it is global; with a namespace it is that of a role there.
CREATE TABLE groups (
    id           uuid PRIMARY KEY,
    cluster_id   uuid REFERENCES clusters,
    name         token_name NOT NULL,
    namespace_id uuid REFERENCES namespaces,
    role         text REFERENCES roles,
    CHECK ((namespace_id IS NULL) = (role IS NULL)),
    CHECK (namespace_id IS NULL OR cluster_id IS NOT NULL),
    UNIQUE (namespace_id, role)
);
CREATE UNIQUE INDEX groups_of_cluster ON groups (cluster_id, name) WHERE cluster_id IS NOT NULL;
CREATE UNIQUE INDEX groups_global ON groups (name) WHERE cluster_id IS NULL;

-- A name is unique per cluster, global ones included: one of each kind would be two meanings of one word.
CREATE FUNCTION refuse_second_meaning() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('group ' || NEW.name, 0));
    IF EXISTS (SELECT FROM groups WHERE name = NEW.name AND id <> NEW.id
               AND (cluster_id IS NULL) <> (NEW.cluster_id IS NULL)) THEN
        RAISE EXCEPTION 'the group % exists already, global or of a cluster', NEW.name USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER one_meaning BEFORE INSERT OR UPDATE OF name, cluster_id ON groups
    FOR EACH ROW EXECUTE FUNCTION refuse_second_meaning();

CREATE TABLE memberships (
    id          uuid PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES users,
    group_id    uuid NOT NULL REFERENCES groups,
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz CHECK (valid_until > valid_from),
    why         text NOT NULL CHECK (why IN ('grant', 'mapping', 'administrator')),
    -- Who granted it, or which directory maps it; as people read it.
    source      text NOT NULL,
    ended_at    timestamptz
);
CREATE INDEX memberships_held ON memberships (user_id) INCLUDE (group_id, valid_from, valid_until) WHERE ended_at IS NULL;
-- A directory's mapping is one membership, however often somebody logs in.
CREATE UNIQUE INDEX memberships_mapping ON memberships (user_id, group_id, source)
    WHERE why = 'mapping' AND ended_at IS NULL;
