-- Version 4. How long records are kept, and what is left of those that are not.

-- Operations that stay until somebody releases them.
CREATE TABLE holds (
  operation_id TEXT PRIMARY KEY REFERENCES operations (id),
  held_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  held_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What is left of operations that were pruned: enough to say what was there, and to check a bundle
-- that was exported before (the chain's head).
CREATE TABLE tombstones (
  operation_id TEXT PRIMARY KEY,
  plan TEXT NOT NULL,
  plan_version INTEGER NOT NULL,
  plan_digest TEXT NOT NULL,
  product TEXT NOT NULL,
  context TEXT NOT NULL,
  instance TEXT NOT NULL,
  status TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  dry_run INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
  supersedes TEXT,
  retry_of TEXT,
  created_at TEXT NOT NULL,
  finished_at TEXT NOT NULL,
  seq INTEGER NOT NULL,
  head TEXT NOT NULL,
  pruned_at TEXT NOT NULL,
  rule TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER tombstones_are_of_what_has_ended BEFORE INSERT ON tombstones
  WHEN NOT EXISTS (
    SELECT 1 FROM operations
    WHERE id = NEW.operation_id AND seq = NEW.seq AND head = NEW.head
      AND status = NEW.status AND status IN ('pass', 'fail', 'refused', 'cancelled')
  ) OR EXISTS (SELECT 1 FROM holds WHERE operation_id = NEW.operation_id)
BEGIN
  SELECT RAISE(ABORT, 'a tombstone is of an operation that has ended and is not on hold');
END;

CREATE TRIGGER tombstones_are_not_changed BEFORE UPDATE ON tombstones
BEGIN
  SELECT RAISE(ABORT, 'tombstones stand: they are not changed');
END;

CREATE TRIGGER tombstones_are_not_removed BEFORE DELETE ON tombstones
BEGIN
  SELECT RAISE(ABORT, 'tombstones stand: they are not removed');
END;

CREATE TRIGGER operations_do_not_come_back BEFORE INSERT ON operations
  WHEN EXISTS (SELECT 1 FROM tombstones WHERE operation_id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'an operation that was pruned does not come back');
END;

-- The one way for events to go: with their operation, which leaves a tombstone first.
DROP TRIGGER events_are_not_removed;
CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events
  WHEN NOT EXISTS (SELECT 1 FROM tombstones WHERE operation_id = OLD.operation_id)
BEGIN
  SELECT RAISE(ABORT, 'events are append-only: they are not removed');
END;

-- An idempotency key outlives its operation: what was done once is not done again by a replay. So
-- the table can no longer refer to the operations; that a new key has one is still seen to.
CREATE TABLE lasting_keys (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  operation_id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
INSERT INTO lasting_keys SELECT scope, key, fingerprint, operation_id, created_at FROM keys;
DROP TABLE keys;
ALTER TABLE lasting_keys RENAME TO keys;

CREATE TRIGGER keys_are_of_operations BEFORE INSERT ON keys
  WHEN NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id)
BEGIN
  SELECT RAISE(ABORT, 'an idempotency key is of an operation');
END;

-- Which operation left which artifact behind. Written with the bytes, before the event that names
-- them: an artifact without a reference is nobody's.
CREATE TABLE artifact_references (
  operation_id TEXT NOT NULL REFERENCES operations (id),
  digest TEXT NOT NULL REFERENCES artifacts (digest),
  size INTEGER NOT NULL,
  PRIMARY KEY (operation_id, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX artifact_references_by_digest ON artifact_references (digest);

INSERT INTO artifact_references
  SELECT DISTINCT events.operation_id, artifacts.digest, artifacts.size
  FROM events
  JOIN json_each(events.data, '$.artifacts') AS named
  JOIN artifacts ON artifacts.digest = json_extract(named.value, '$.digest')
  WHERE events.type = 'phase_finished';
DELETE FROM artifacts WHERE digest NOT IN (SELECT digest FROM artifact_references);

-- How many bytes all artifacts have, so that nobody has to add them up.
CREATE TABLE artifact_usage (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  bytes INTEGER NOT NULL CHECK (bytes >= 0)
) STRICT;

INSERT INTO artifact_usage SELECT 1, coalesce(sum(size), 0) FROM artifacts;

CREATE TRIGGER artifacts_are_counted AFTER INSERT ON artifacts
BEGIN
  UPDATE artifact_usage SET bytes = bytes + NEW.size;
END;

CREATE TRIGGER artifacts_are_discounted AFTER DELETE ON artifacts
BEGIN
  UPDATE artifact_usage SET bytes = bytes - OLD.size;
END;

-- What has ended under a plan, the oldest first; and whether anything is pinned to a plan.
CREATE INDEX operations_by_end ON operations (plan_digest, finished_at, id);
-- The newest of a plan on a lane; the index ends with the ticket.
CREATE INDEX operations_by_series ON operations (product, context, instance, plan, dry_run);
