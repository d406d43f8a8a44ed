-- Version 2. The bytes that attempts leave behind, such as logs: each once, by its digest. Which
-- operation has them, under which name, stands in its events.

CREATE TABLE artifacts (
  digest TEXT PRIMARY KEY,
  content BLOB NOT NULL,
  size INTEGER NOT NULL CHECK (size = length(content)),
  saved_at TEXT NOT NULL
) STRICT;
