-- Whom the self-check of clusters shows to API servers: a user who is nobody, so that no token of a
-- person's is ever sent to an address that was typed wrongly. No directory knows them, so nobody can
-- log in as them, and their name is taken.

INSERT INTO users (id, username, display_name, created_at)
VALUES (gen_random_uuid(), 'shorepass-self-check', 'Self-check', now());

INSERT INTO groups (id, name) VALUES (gen_random_uuid(), 'shorepass-self-check');

INSERT INTO memberships (id, user_id, group_id, valid_from, why, source)
SELECT gen_random_uuid(), u.id, g.id, '2020-01-01T00:00:00Z', 'administrator', 'the self-check'
FROM users u, groups g WHERE u.username = 'shorepass-self-check' AND g.name = 'shorepass-self-check';
