-- Version 3. What the server keeps about its callers.

-- Who tried what, and what they were told: what is not an event of an operation. Append-only, each
-- entry chained to the one before.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  at TEXT NOT NULL,
  entry TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_follows BEFORE INSERT ON audit
  WHEN NEW.seq <> 1 + (SELECT coalesce(max(seq), 0) FROM audit)
    OR NEW.prev_hash <> coalesce(
      (SELECT hash FROM audit WHERE seq = NEW.seq - 1), printf('%064d', 0)
    )
BEGIN
  SELECT RAISE(ABORT, 'an entry of the audit log must follow the newest one');
END;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only: it is not changed');
END;

CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only: it is not removed');
END;

-- Who is signed in with a browser. The id itself is only in the browser.
CREATE TABLE sessions (
  digest TEXT PRIMARY KEY,
  actor TEXT NOT NULL,
  key_scope TEXT NOT NULL,
  csrf TEXT NOT NULL,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_expiry ON sessions (expires_at);
