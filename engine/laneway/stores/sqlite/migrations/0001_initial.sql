-- Version 1. Instants are RFC 3339 UTC text with milliseconds, which sorts as the time does; what
-- has a shape of its own (actors, data, plans, commands) is JSON. A migration that was released is
-- never changed: tests/migration holds a database of each version.

PRAGMA application_id = 1281453669; -- "Lane"

-- Who may write. The newest claim is the one that counts; the others are its history.
CREATE TABLE leases (
  epoch INTEGER PRIMARY KEY AUTOINCREMENT,
  holder TEXT NOT NULL,
  claimed_at TEXT NOT NULL
) STRICT;

-- A plan as operations were accepted under it.
CREATE TABLE plans (
  digest TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  document TEXT NOT NULL,
  actions TEXT NOT NULL,
  first_seen_at TEXT NOT NULL
) STRICT;

-- What is kept about an operation beside its events, to find it by. The ticket is the order in
-- which operations were committed, hence the order of a lane's queue.
CREATE TABLE operations (
  ticket INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  seq INTEGER NOT NULL CHECK (seq > 0),
  head TEXT NOT NULL,
  status TEXT NOT NULL,
  phase TEXT NOT NULL,
  plan TEXT NOT NULL,
  plan_version INTEGER NOT NULL,
  plan_digest TEXT NOT NULL REFERENCES plans (digest),
  product TEXT NOT NULL,
  context TEXT NOT NULL,
  instance TEXT NOT NULL,
  exclusive INTEGER NOT NULL CHECK (exclusive IN (0, 1)),
  holds_lane INTEGER NOT NULL CHECK (holds_lane IN (0, 1)),
  requested_by TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  finished_at TEXT,
  supersedes TEXT,
  retry_of TEXT,
  dry_run INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
  destructive_at TEXT,
  waiting_for TEXT,
  CHECK (holds_lane = 0 OR exclusive = 1),
  CHECK (holds_lane = 0 OR status NOT IN ('pass', 'fail', 'refused', 'cancelled'))
) STRICT;

-- The constraint that a lane is.
CREATE UNIQUE INDEX operations_holding ON operations (product, context, instance)
  WHERE holds_lane = 1;

-- Parts of a lane.
CREATE INDEX operations_queued ON operations (product, context, instance)
  WHERE status = 'pending';
CREATE INDEX operations_sharing ON operations (product, context, instance)
  WHERE exclusive = 0 AND status NOT IN ('pending', 'pass', 'fail', 'refused', 'cancelled');
CREATE INDEX operations_passed ON operations (product, context, instance)
  WHERE status = 'pass' AND dry_run = 0;
CREATE INDEX operations_destructive
  ON operations (product, context, instance, plan, destructive_at)
  WHERE destructive_at IS NOT NULL;

-- Lists. Each index ends with the ticket, which SQLite adds, so it gives the order of the list too.
CREATE INDEX operations_unfinished ON operations (ticket)
  WHERE status NOT IN ('pass', 'fail', 'refused', 'cancelled');
CREATE INDEX operations_by_time ON operations (created_at);
CREATE INDEX operations_by_lane ON operations (product, context, instance, created_at);
CREATE INDEX operations_by_context ON operations (product, context, created_at);
CREATE INDEX operations_by_product ON operations (product, created_at);
CREATE INDEX operations_by_requester ON operations (requested_by, created_at);
CREATE INDEX operations_by_plan ON operations (plan, created_at);
CREATE INDEX operations_by_status ON operations (status, created_at);

-- What happened. The position is the place among all operations' events, in commit order.
CREATE TABLE events (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  operation_id TEXT NOT NULL REFERENCES operations (id),
  seq INTEGER NOT NULL,
  at TEXT NOT NULL,
  type TEXT NOT NULL,
  phase TEXT,
  attempt INTEGER,
  actor TEXT NOT NULL,
  data TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  UNIQUE (operation_id, seq)
) STRICT;

-- Append-only, whoever writes: an event follows the one before it, and then it stands.
CREATE TRIGGER events_begin_at_genesis BEFORE INSERT ON events
  WHEN NEW.seq = 1 AND NEW.prev_hash <> printf('%064d', 0)
BEGIN
  SELECT RAISE(ABORT, 'the first event of an operation follows the genesis hash');
END;

CREATE TRIGGER events_follow BEFORE INSERT ON events
  WHEN NEW.seq <> 1 AND NOT EXISTS (
    SELECT 1 FROM events
    WHERE operation_id = NEW.operation_id AND seq = NEW.seq - 1 AND hash = NEW.prev_hash
  )
BEGIN
  SELECT RAISE(ABORT, 'an event must follow the newest event of its operation');
END;

-- INSERT OR REPLACE removes a row without asking the trigger on DELETE.
CREATE TRIGGER events_are_not_replaced BEFORE INSERT ON events
  WHEN EXISTS (SELECT 1 FROM events WHERE operation_id = NEW.operation_id AND seq = NEW.seq)
    OR EXISTS (SELECT 1 FROM events WHERE position = NEW.position)
BEGIN
  SELECT RAISE(ABORT, 'events are append-only: they are not replaced');
END;

CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are append-only: they are not changed');
END;

CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are append-only: they are not removed');
END;

-- What must be done next.
CREATE TABLE commands (
  operation_id TEXT NOT NULL REFERENCES operations (id),
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  due_at TEXT,
  body TEXT NOT NULL,
  PRIMARY KEY (operation_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX commands_due ON commands (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX commands_of_actions ON commands (operation_id, key) WHERE due_at IS NULL;

-- Which creation an idempotency key belongs to.
CREATE TABLE keys (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  operation_id TEXT NOT NULL REFERENCES operations (id),
  created_at TEXT NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

-- What is said of a lane itself. A lane without a row is not frozen.
CREATE TABLE lanes (
  product TEXT NOT NULL,
  context TEXT NOT NULL,
  instance TEXT NOT NULL,
  frozen_by TEXT NOT NULL,
  frozen_reason TEXT NOT NULL,
  frozen_at TEXT NOT NULL,
  PRIMARY KEY (product, context, instance)
) STRICT, WITHOUT ROWID;

-- One row that is written to see whether the database can be written.
CREATE TABLE probe (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  writes INTEGER NOT NULL,
  filler BLOB
) STRICT;

INSERT INTO probe (id, writes) VALUES (1, 0);
