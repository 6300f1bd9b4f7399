-- Rules of names, stated a second time where they are stored (the first time is domain/name.rs).

CREATE FUNCTION is_reserved(name text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lower(normalize(regexp_replace(name, '[[:cntrl:]\u00AD\u034F\u061C\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFE00-\uFE0F\uFEFF]', '', 'g'), NFKC)) ~ '^\s*system:';

-- A name that goes into a token.
CREATE DOMAIN token_name AS text
    CHECK (octet_length(VALUE) BETWEEN 1 AND 253)
    CHECK (VALUE !~ '[[:cntrl:]]' AND VALUE !~ '^\s' AND VALUE !~ '\s$')
    CHECK (VALUE IS NFC NORMALIZED)
    CHECK (NOT is_reserved(VALUE));

-- Tables that only grow: what happened cannot be made not to have happened.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
