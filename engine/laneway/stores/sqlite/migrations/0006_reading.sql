-- Version 6. What people read: what was in a version of a plan, and the audit log by who and what.

-- What was in a version when it was first loaded, whether an operation ever used it or not. The
-- source is empty where it was not kept: a plan was pinned to operations without its text.
CREATE TABLE plan_contents (
  digest TEXT PRIMARY KEY,
  source TEXT NOT NULL,
  document TEXT NOT NULL,
  actions TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO plan_contents (digest, source, document, actions)
  SELECT digest, '', document, actions FROM plans;

-- What an entry of the audit log is found by. It is taken from the entry and says nothing new: the
-- entry itself is what is shown, and what is chained. Each index ends with the seq, which SQLite
-- adds, so it gives the order of the log too.
CREATE TABLE audit_places (
  seq INTEGER PRIMARY KEY REFERENCES audit (seq),
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  act TEXT NOT NULL,
  allowed INTEGER NOT NULL CHECK (allowed IN (0, 1)),
  code TEXT NOT NULL,
  operation_id TEXT,
  plan TEXT,
  product TEXT,
  context TEXT,
  instance TEXT
) STRICT;

CREATE INDEX audit_by_operation ON audit_places (operation_id);
CREATE INDEX audit_by_lane ON audit_places (product, context, instance);
CREATE INDEX audit_by_actor ON audit_places (actor);
CREATE INDEX audit_by_plan ON audit_places (plan);
CREATE INDEX audit_by_act ON audit_places (act);

INSERT INTO audit_places
  SELECT seq, at, json_extract(entry, '$.actor.subject'), json_extract(entry, '$.act'),
    json_extract(entry, '$.allowed'), coalesce(json_extract(entry, '$.code'), ''),
    json_extract(entry, '$.operation_id'), json_extract(entry, '$.plan'),
    json_extract(entry, '$.lane.product'), json_extract(entry, '$.lane.context'),
    json_extract(entry, '$.lane.instance')
  FROM audit;
