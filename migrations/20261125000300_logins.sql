-- One browser, one end: who logs out of a login logs out of those that it took over from.

ALTER TABLE logins ADD COLUMN follows uuid REFERENCES logins;

-- An account can be closed before its person has ever logged in.
ALTER TABLE local_accounts ADD COLUMN disabled_at timestamptz;

-- A current token is written from a login and a cluster that were just read, and neither is ever
-- deleted. Asking for that again costs two queries and a lock on the cluster's row at each token.
ALTER TABLE current_tokens DROP CONSTRAINT current_tokens_login_id_fkey;
ALTER TABLE current_tokens DROP CONSTRAINT current_tokens_cluster_id_fkey;
