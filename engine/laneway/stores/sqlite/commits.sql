-- How a commit is written: what the writing connection knows beside the schema. A commit is a row
-- that is inserted into the view `commits`, and many commits are the rows of one statement: so SQLite
-- writes them all, one after the other, while the interpreter does something else.

CREATE TEMP VIEW commits (
  epoch, position, -- of the lease it is made under; of the newest event before the statement
  id, after_seq, after_head, -- which operation, and how it is before; at 0 where it is created
  seq, head, phase, updated_at, waiting_for, -- how it is after
  status, holds_lane, finished_at, destructive_at,
  requested_by, creation, -- what never changes, of a new operation: JSON, by column
  events, withdrawn, commands, -- JSON: rows, keys, rows
  scope, key, fingerprint, keyed_at -- the idempotency key, of a new operation
) AS SELECT
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL;

CREATE TEMP TRIGGER commits_are_written INSTEAD OF INSERT ON commits WHEN NEW.id IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'another engine has claimed the store since')
  WHERE NEW.epoch <> (SELECT coalesce(max(epoch), 0) FROM leases);
  SELECT RAISE(ABORT, 'the newest event has another position')
  WHERE NEW.position <> (
    SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events'
  );

  INSERT INTO operations (
    id, seq, head, phase, updated_at, waiting_for, status, holds_lane, finished_at,
    destructive_at, requested_by, plan, plan_version, plan_digest, product, context, instance,
    exclusive, created_at, supersedes, retry_of, dry_run)
  SELECT
    NEW.id, NEW.seq, NEW.head, NEW.phase, NEW.updated_at, NEW.waiting_for, NEW.status,
    NEW.holds_lane, NEW.finished_at, NEW.destructive_at, NEW.requested_by,
    json_extract(NEW.creation, '$.plan'),
    json_extract(NEW.creation, '$.plan_version'),
    json_extract(NEW.creation, '$.plan_digest'),
    json_extract(NEW.creation, '$.product'),
    json_extract(NEW.creation, '$.context'),
    json_extract(NEW.creation, '$.instance'),
    json_extract(NEW.creation, '$.exclusive'),
    json_extract(NEW.creation, '$.created_at'),
    json_extract(NEW.creation, '$.supersedes'),
    json_extract(NEW.creation, '$.retry_of'),
    json_extract(NEW.creation, '$.dry_run')
  WHERE NEW.after_seq = 0;

  -- Most commits leave what the indexes look at as it was, and every index less is half a page.
  UPDATE operations SET
    seq = NEW.seq, head = NEW.head, phase = NEW.phase, updated_at = NEW.updated_at,
    waiting_for = NEW.waiting_for
  WHERE id = NEW.id AND seq = NEW.after_seq AND head = NEW.after_head
    AND status = NEW.status AND holds_lane = NEW.holds_lane
    AND finished_at IS NEW.finished_at AND destructive_at IS NEW.destructive_at;
  UPDATE operations SET
    seq = NEW.seq, head = NEW.head, phase = NEW.phase, updated_at = NEW.updated_at,
    waiting_for = NEW.waiting_for, status = NEW.status, holds_lane = NEW.holds_lane,
    finished_at = NEW.finished_at, destructive_at = NEW.destructive_at
  WHERE id = NEW.id AND seq = NEW.after_seq AND head = NEW.after_head;
  SELECT RAISE(ABORT, 'the operation is not where the commit expects it')
  WHERE NOT EXISTS (
    SELECT 1 FROM operations WHERE id = NEW.id AND seq = NEW.seq AND head = NEW.head
  );

  INSERT INTO events (operation_id, seq, at, type, phase, attempt, actor, data, prev_hash, hash)
  SELECT NEW.id,
    json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
    json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
    json_extract(value, '$[6]'), json_extract(value, '$[7]'), json_extract(value, '$[8]')
  FROM json_each(NEW.events);

  DELETE FROM commands
  WHERE operation_id = NEW.id AND key IN (SELECT value FROM json_each(NEW.withdrawn));
  INSERT INTO commands (operation_id, key, kind, due_at, body)
  SELECT NEW.id,
    json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
    json_extract(value, '$[3]')
  FROM json_each(NEW.commands) WHERE true
  ON CONFLICT (operation_id, key) DO UPDATE SET
    kind = excluded.kind, due_at = excluded.due_at, body = excluded.body;

  INSERT INTO keys (scope, key, fingerprint, operation_id, created_at)
  SELECT NEW.scope, NEW.key, NEW.fingerprint, NEW.id, NEW.keyed_at WHERE NEW.key IS NOT NULL;
END;
