-- One browser, one end: who logs out of a login logs out of those that it took over from.

ALTER TABLE logins ADD COLUMN follows uuid REFERENCES logins;

-- An account can be closed before its person has ever logged in.
ALTER TABLE local_accounts ADD COLUMN disabled_at timestamptz;
