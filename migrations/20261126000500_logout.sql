-- Clients that are to be told that a login has ended (OpenID Connect Back-Channel Logout 1.0 §2.5).

CREATE TABLE logout_notices (
    client_id  text NOT NULL REFERENCES clients ON DELETE CASCADE,
    login_id   uuid NOT NULL REFERENCES logins,
    created_at timestamptz NOT NULL,
    attempts   integer NOT NULL DEFAULT 0,
    -- When it is tried, again where it was tried before.
    due_at     timestamptz NOT NULL,
    PRIMARY KEY (client_id, login_id)
);
CREATE INDEX logout_notices_due ON logout_notices (due_at);

-- Whoever ends a login, and however: the notices are part of it. Whether the client's tokens had ended
-- before does not matter, for what it made of them may live on.
CREATE FUNCTION notice_logout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO logout_notices (client_id, login_id, created_at, due_at)
    SELECT DISTINCT k.id, NEW.id, NEW.ended_at, NEW.ended_at
    FROM families f JOIN clients k ON k.id = f.client_id
    WHERE f.login_id = NEW.id AND k.backchannel_logout_uri IS NOT NULL
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER logins_noticed AFTER UPDATE OF ended_at ON logins
    FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION notice_logout();
