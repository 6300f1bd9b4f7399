-- People, the accounts they have in directories, and what they may do in the portal.

CREATE TABLE users (
    id             uuid PRIMARY KEY,
    -- Assigned at the first login, never changed, never given to another.
    username       token_name NOT NULL UNIQUE CHECK (username ~ '^[a-z0-9._@+-]+$'),
    display_name   text NOT NULL CHECK (octet_length(display_name) <= 400),
    email          text CHECK (octet_length(email) <= 320),
    email_verified boolean NOT NULL DEFAULT false,
    created_at     timestamptz NOT NULL,
    disabled_at    timestamptz
);

CREATE FUNCTION refuse_new_username() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a username is never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER username_stays BEFORE UPDATE OF username ON users
    FOR EACH ROW WHEN (OLD.username IS DISTINCT FROM NEW.username) EXECUTE FUNCTION refuse_new_username();
CREATE TRIGGER users_stay BEFORE DELETE ON users FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE identities (
    directory     text NOT NULL,
    subject       text NOT NULL CHECK (octet_length(subject) BETWEEN 1 AND 1024),
    user_id       uuid NOT NULL REFERENCES users,
    created_at    timestamptz NOT NULL,
    last_login_at timestamptz,
    PRIMARY KEY (directory, subject)
);
CREATE INDEX identities_user ON identities (user_id);

-- By identity and not by user, so that the first administrator can be appointed before they come.
CREATE TABLE portal_roles (
    directory  text NOT NULL,
    subject    text NOT NULL,
    role       text NOT NULL CHECK (role IN ('administrator', 'auditor')),
    granted_at timestamptz NOT NULL,
    PRIMARY KEY (directory, subject, role)
);

-- The accounts of the directory `local`.
CREATE TABLE local_accounts (
    name          text PRIMARY KEY CHECK (name ~ '^[a-z0-9._@+-]+$'),
    display_name  text NOT NULL,
    email         text,
    password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    changed_at    timestamptz NOT NULL
);
