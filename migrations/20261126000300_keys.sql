-- What administrators look at: signing keys that were revoked, and people by a part of their names.

-- Revoked, and not removed when its time was over: API servers may have to be told.
ALTER TABLE signing_keys ADD COLUMN revoked_at timestamptz CHECK (revoked_at >= removed_at);

-- The words of a person's names and address. Marks that join words part them here, whatever the
-- parser of text search takes `alice.partners` or `alice@harbour.example` for.
CREATE FUNCTION user_words(username text, display_name text, email text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_tsvector('simple', translate(username || ' ' || display_name || ' ' || coalesce(email, ''),
                                           '.,;:@_+-/\''"()<>&|!*', '                      '));

-- Found by how a word begins, without reading everybody and without an extension. Stored, so that
-- looking at a row costs nothing where walking the usernames is quicker than the index.
ALTER TABLE users ADD COLUMN words tsvector NOT NULL
    GENERATED ALWAYS AS (user_words(username, display_name, email)) STORED;
CREATE INDEX users_words ON users USING gin (words);

-- Since when a user is signed out.
CREATE INDEX logins_ended ON logins (user_id, ended_at DESC) WHERE ended_at IS NOT NULL;
