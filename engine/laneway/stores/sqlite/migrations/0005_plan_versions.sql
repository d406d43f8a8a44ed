-- Version 5. What a version of a plan was when it was first loaded: it is never anything else.

CREATE TABLE plan_versions (
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  digest TEXT NOT NULL,
  first_seen_at TEXT NOT NULL,
  PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;

-- What operations have used already is known.
INSERT INTO plan_versions (name, version, digest, first_seen_at)
  SELECT name, version, digest, min(first_seen_at) FROM plans GROUP BY name, version;
