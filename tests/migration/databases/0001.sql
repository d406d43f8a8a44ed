PRAGMA application_id = 1281453669;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE commands (
  operation_id TEXT NOT NULL REFERENCES operations (id),
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  due_at TEXT,
  body TEXT NOT NULL,
  PRIMARY KEY (operation_id, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "commands" VALUES('op_2','action:bootstrap','start_action',NULL,'{"kind":"start_action","key":"action:bootstrap","phase":"bootstrap","attempt":1,"token":"bootstrap-1","action":"odoo.bootstrap","parameters":{"confirmation":"bootstrap cm testing"},"timeout_at":"2026-01-31T09:30:45.000Z","dry_run":false}');
INSERT INTO "commands" VALUES('op_2','timer:deadline','set_timer','2026-01-31T09:30:01.000Z','{"kind":"set_timer","key":"timer:deadline","due_at":"2026-01-31T09:30:01.000Z"}');
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
INSERT INTO "events" VALUES(1,'op_1',1,'2026-01-31T09:30:00.000Z','operation_accepted',NULL,NULL,'{"kind":"caller","subject":"ada","claims":{"repository":"acme/shop","run":7}}','{"plan":"odoo-stable-bootstrap","plan_version":1,"plan_digest":"sha256:odoo-stable-bootstrap/1","lane":{"product":"odoo","context":"cm","instance":"testing"},"request":{"confirmation":"bootstrap cm testing"},"requested_by":{"kind":"caller","subject":"ada","claims":{"repository":"acme/shop","run":7}},"exclusive":true,"when_busy":"queue"}','0000000000000000000000000000000000000000000000000000000000000000','fc982955a8fe70d4e81db694ffb2f212af0c114fa6cebea8ec08976e1017283c');
INSERT INTO "events" VALUES(2,'op_1',2,'2026-01-31T09:30:00.005Z','operation_started',NULL,NULL,'{"kind":"engine","subject":"laneway","claims":{}}','{"deadline_at":"2026-01-31T09:30:01.000Z","target":{"compose":{"ref":"target:cm/testing"}}}','fc982955a8fe70d4e81db694ffb2f212af0c114fa6cebea8ec08976e1017283c','c1eb3f80ebb7a77bfe3d765f14283e722e66467839229005718037c424583d01');
INSERT INTO "events" VALUES(3,'op_1',3,'2026-01-31T09:30:00.005Z','transition_taken',NULL,NULL,'{"kind":"engine","subject":"laneway","claims":{}}','{"source":"policy_proof","on":"pass","target":"target_proof"}','c1eb3f80ebb7a77bfe3d765f14283e722e66467839229005718037c424583d01','e6ed56c349ee67d94f1fb32fc59c488bbbb0c81ded4e40c1d1b58c59b3aa82f7');
INSERT INTO "events" VALUES(4,'op_1',4,'2026-01-31T09:30:00.005Z','phase_started','bootstrap',2,'{"kind":"engine","subject":"laneway","claims":{}}','{"token":"bootstrap-2","action":"odoo.bootstrap","safety":"destructive","timeout_at":"2026-01-31T09:30:01.000Z","parameters":{"names":["a","ü"],"deep":{"none":null,"yes":true}}}','e6ed56c349ee67d94f1fb32fc59c488bbbb0c81ded4e40c1d1b58c59b3aa82f7','dbbeaf1d2b0c1284e84f4bb28c2a1163d8450307532ed0081907db3e681d66d8');
INSERT INTO "events" VALUES(5,'op_1',5,'2026-01-31T09:30:00.005Z','phase_progressed','bootstrap',2,'{"kind":"engine","subject":"laneway","claims":{}}','{"message":"42 %","data":{"done":0.42},"checkpoint":{"deployment":"d-1"}}','dbbeaf1d2b0c1284e84f4bb28c2a1163d8450307532ed0081907db3e681d66d8','7abb288a3c4e5b169744819ae66bb7f99d5bc00cd844139d89db773b6a990c9f');
INSERT INTO "events" VALUES(6,'op_1',6,'2026-01-31T09:30:00.005Z','phase_retry_scheduled','bootstrap',2,'{"kind":"engine","subject":"laneway","claims":{}}','{"failure":{"code":"unreachable","message":"Die Datenbank schläft.","detail":{"tries":[1,2.5,null]},"retry_class":"unavailable"},"retry_at":"2026-01-31T09:30:01.000Z"}','7abb288a3c4e5b169744819ae66bb7f99d5bc00cd844139d89db773b6a990c9f','e64f79312f7985ce970e2c045c475071eaac6ecd3526b5e759b9a1bc4665670e');
INSERT INTO "events" VALUES(7,'op_1',7,'2026-01-31T09:30:00.005Z','phase_held','bootstrap',2,'{"kind":"engine","subject":"laneway","claims":{}}','{"reason":"the engine is about to stop"}','e64f79312f7985ce970e2c045c475071eaac6ecd3526b5e759b9a1bc4665670e','177b00f3f2c53c08b4f1ee60fa8efa589d2a8200df80fe88c9b14215c9b75a2a');
INSERT INTO "events" VALUES(8,'op_1',8,'2026-01-31T09:30:00.005Z','phase_resumed','bootstrap',2,'{"kind":"engine","subject":"laneway","claims":{}}','{"reason":"the engine was restarted","timeout_at":"2026-01-31T09:30:01.000Z"}','177b00f3f2c53c08b4f1ee60fa8efa589d2a8200df80fe88c9b14215c9b75a2a','de90fbb8849c88412db927690f21ad5dd471fd27d76f6d29db7cb90962093e86');
INSERT INTO "events" VALUES(9,'op_1',9,'2026-01-31T09:30:00.005Z','phase_recovering','bootstrap',2,'{"kind":"engine","subject":"laneway","claims":{}}','{"reason":"the engine was restarted","recover_until":"2026-01-31T09:30:01.000Z"}','de90fbb8849c88412db927690f21ad5dd471fd27d76f6d29db7cb90962093e86','79f910e2cf1a2a3d94ef1a6e348ab5d3f1cf16b42b5d6bb696ecab2c39cf4554');
INSERT INTO "events" VALUES(10,'op_1',10,'2026-01-31T09:30:00.005Z','phase_outcome_unknown','bootstrap',2,'{"kind":"engine","subject":"laneway","claims":{}}','{"failure":{"code":"unreachable","message":"Die Datenbank schläft.","detail":{"tries":[1,2.5,null]},"retry_class":"unavailable"}}','79f910e2cf1a2a3d94ef1a6e348ab5d3f1cf16b42b5d6bb696ecab2c39cf4554','ff811fea69c205d6dea53b14a2b59da48a0d77c9d99dd42bba4f6d3711c9e8fa');
INSERT INTO "events" VALUES(11,'op_1',11,'2026-01-31T09:30:00.005Z','phase_reconciled','bootstrap',2,'{"kind":"engine","subject":"laneway","claims":{}}','{"outcome":"pass","note":"seen in the panel","by":{"kind":"caller","subject":"ada","claims":{"repository":"acme/shop","run":7}}}','ff811fea69c205d6dea53b14a2b59da48a0d77c9d99dd42bba4f6d3711c9e8fa','e735b1b98dbacf031cbd1badaf066cbbe004b10823deae4deb3cd5bb7226ebb2');
INSERT INTO "events" VALUES(12,'op_1',12,'2026-01-31T09:30:00.005Z','approval_requested','approval',NULL,'{"kind":"engine","subject":"laneway","claims":{}}','{"digest":"sha256:shown","covers":{"plan":"p"},"role":"release-manager","quorum":2,"expires_at":"2026-01-31T09:30:01.000Z"}','e735b1b98dbacf031cbd1badaf066cbbe004b10823deae4deb3cd5bb7226ebb2','d8ec7f312b97724282e26e670144588585ad68054e0987007bf4e8c09ca78f89');
INSERT INTO "events" VALUES(13,'op_1',13,'2026-01-31T09:30:00.005Z','approval_decided','approval',NULL,'{"kind":"engine","subject":"laneway","claims":{}}','{"decision":"approve","digest":"sha256:shown","comment":"fine","by":{"kind":"caller","subject":"ada","claims":{"repository":"acme/shop","run":7}}}','d8ec7f312b97724282e26e670144588585ad68054e0987007bf4e8c09ca78f89','cb361637dc32c4eba6b5d29bc07c96c08d43db0968ee64956cd0a4a9cec46bef');
INSERT INTO "events" VALUES(14,'op_1',14,'2026-01-31T09:30:00.005Z','wait_started','settle',NULL,'{"kind":"engine","subject":"laneway","claims":{}}','{"until":"2026-01-31T09:30:01.000Z"}','cb361637dc32c4eba6b5d29bc07c96c08d43db0968ee64956cd0a4a9cec46bef','aec8699a002a061f56fd4ae069cc56da64ac5f05576ee40a6949ce9c63c1a587');
INSERT INTO "events" VALUES(15,'op_1',15,'2026-01-31T09:30:00.005Z','parallel_started','verify',NULL,'{"kind":"engine","subject":"laneway","claims":{}}','{"branches":["health","logo"]}','aec8699a002a061f56fd4ae069cc56da64ac5f05576ee40a6949ce9c63c1a587','7dd350b26777122fccde7614bacf5d76721da1be2695e2fcfb65858d6a8ad753');
INSERT INTO "events" VALUES(16,'op_1',16,'2026-01-31T09:30:00.005Z','phase_finished','bootstrap',2,'{"kind":"engine","subject":"laneway","claims":{}}','{"outcome":"fail","status":"fail","evidence":{"a":1},"digest":"sha256:proof","failure":{"code":"unreachable","message":"Die Datenbank schläft.","detail":{"tries":[1,2.5,null]},"retry_class":"unavailable"}}','7dd350b26777122fccde7614bacf5d76721da1be2695e2fcfb65858d6a8ad753','e3b6148c966cf2aa02fc921c2b99afe3f04a3c1944717c2a4b6a39b248cf359b');
INSERT INTO "events" VALUES(17,'op_1',17,'2026-01-31T09:30:00.005Z','pause_requested',NULL,NULL,'{"kind":"engine","subject":"laneway","claims":{}}','{"by":{"kind":"caller","subject":"ada","claims":{"repository":"acme/shop","run":7}},"reason":"lunch"}','e3b6148c966cf2aa02fc921c2b99afe3f04a3c1944717c2a4b6a39b248cf359b','c18854893ea0aec9891ab268f197e6bab95378bd4642f67d16e600b4f4e893d6');
INSERT INTO "events" VALUES(18,'op_1',18,'2026-01-31T09:30:00.005Z','operation_paused',NULL,NULL,'{"kind":"engine","subject":"laneway","claims":{}}','{"next_phase":"verify"}','c18854893ea0aec9891ab268f197e6bab95378bd4642f67d16e600b4f4e893d6','f32c97597da90719a6bbffe6b63598b513c5fa6382b950c3ac007c91339c504f');
INSERT INTO "events" VALUES(19,'op_1',19,'2026-01-31T09:30:00.005Z','operation_resumed',NULL,NULL,'{"kind":"engine","subject":"laneway","claims":{}}','{"by":{"kind":"caller","subject":"ada","claims":{"repository":"acme/shop","run":7}}}','f32c97597da90719a6bbffe6b63598b513c5fa6382b950c3ac007c91339c504f','3f3733d12f5644d8d251a02ff29e4b5f639edce376c9f5ac379f5a2fe35ac0a0');
INSERT INTO "events" VALUES(20,'op_1',20,'2026-01-31T09:30:00.005Z','cancel_requested',NULL,NULL,'{"kind":"engine","subject":"laneway","claims":{}}','{"by":{"kind":"caller","subject":"ada","claims":{"repository":"acme/shop","run":7}},"reason":"a mistake"}','3f3733d12f5644d8d251a02ff29e4b5f639edce376c9f5ac379f5a2fe35ac0a0','b2b5f306da6caa43732b4b9e79db5bcafefe42bcdc607436408632ebe52164ff');
INSERT INTO "events" VALUES(21,'op_1',21,'2026-01-31T09:30:00.005Z','deadline_passed',NULL,NULL,'{"kind":"engine","subject":"laneway","claims":{}}','{}','b2b5f306da6caa43732b4b9e79db5bcafefe42bcdc607436408632ebe52164ff','717c80a1ba11c294ccc9e1506ba657bee709f369edde4afc7e94f3b3c5704feb');
INSERT INTO "events" VALUES(22,'op_1',22,'2026-01-31T09:30:00.006Z','operation_finished',NULL,NULL,'{"kind":"engine","subject":"laneway","claims":{}}','{"status":"pass"}','717c80a1ba11c294ccc9e1506ba657bee709f369edde4afc7e94f3b3c5704feb','52aadf48b57cd8011be196eee5be0ecded2f32d359b284480ba8c5b259687ceb');
INSERT INTO "events" VALUES(23,'op_2',1,'2026-01-31T09:30:00.007Z','operation_accepted',NULL,NULL,'{"kind":"caller","subject":"ada","claims":{"repository":"acme/shop","run":7}}','{"plan":"odoo-stable-bootstrap","plan_version":1,"plan_digest":"sha256:odoo-stable-bootstrap/1","lane":{"product":"odoo","context":"cm","instance":"testing"},"request":{"confirmation":"bootstrap cm testing"},"requested_by":{"kind":"caller","subject":"ada","claims":{"repository":"acme/shop","run":7}},"exclusive":true,"when_busy":"queue","supersedes":"op_1"}','0000000000000000000000000000000000000000000000000000000000000000','ecc1bc65edeedaf306bc607f22efa66c58c7694e9299009efd50766be9f18a16');
INSERT INTO "events" VALUES(24,'op_2',2,'2026-01-31T09:30:00.009Z','operation_started',NULL,NULL,'{"kind":"engine","subject":"laneway","claims":{}}','{"deadline_at":"2026-01-31T09:31:00.009Z"}','ecc1bc65edeedaf306bc607f22efa66c58c7694e9299009efd50766be9f18a16','8206b3d5ce942f22b770a0e79970a6188b60c92d7b0d5a416f40e9c9d9ad2aed');
INSERT INTO "events" VALUES(25,'op_3',1,'2026-01-31T09:30:00.008Z','operation_accepted',NULL,NULL,'{"kind":"caller","subject":"ada","claims":{"repository":"acme/shop","run":7}}','{"plan":"odoo-post-deploy","plan_version":3,"plan_digest":"sha256:odoo-post-deploy/3","lane":{"product":"odoo","context":"cm","instance":"testing"},"request":{"confirmation":"bootstrap cm testing"},"requested_by":{"kind":"caller","subject":"ada","claims":{"repository":"acme/shop","run":7}},"exclusive":true,"when_busy":"queue","dry_run":true}','0000000000000000000000000000000000000000000000000000000000000000','31e7fa473e862c680bdbed412de359c15c431e3e10e4a9c69e6068b5a0d29730');
CREATE TABLE keys (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  operation_id TEXT NOT NULL REFERENCES operations (id),
  created_at TEXT NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "keys" VALUES('ada','run-1','sha256:body','op_1','2026-01-31T09:30:00.000Z');
CREATE TABLE lanes (
  product TEXT NOT NULL,
  context TEXT NOT NULL,
  instance TEXT NOT NULL,
  frozen_by TEXT NOT NULL,
  frozen_reason TEXT NOT NULL,
  frozen_at TEXT NOT NULL,
  PRIMARY KEY (product, context, instance)
) STRICT, WITHOUT ROWID;
INSERT INTO "lanes" VALUES('odoo','cm','testing','{"kind":"caller","subject":"ada","claims":{"repository":"acme/shop","run":7}}','audit','2026-01-31T09:30:00.010Z');
CREATE TABLE leases (
  epoch INTEGER PRIMARY KEY AUTOINCREMENT,
  holder TEXT NOT NULL,
  claimed_at TEXT NOT NULL
) STRICT;
INSERT INTO "leases" VALUES(1,'recorder','2026-01-31T09:30:00.000Z');
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
INSERT INTO "operations" VALUES(1,'op_1',22,'52aadf48b57cd8011be196eee5be0ecded2f32d359b284480ba8c5b259687ceb','pass','policy_proof','odoo-stable-bootstrap',1,'sha256:odoo-stable-bootstrap/1','odoo','cm','testing',1,0,'ada','2026-01-31T09:30:00.000Z','2026-01-31T09:30:00.006Z','2026-01-31T09:30:00.006Z',NULL,NULL,0,'2026-01-31T09:30:00.005Z',NULL);
INSERT INTO "operations" VALUES(2,'op_2',2,'8206b3d5ce942f22b770a0e79970a6188b60c92d7b0d5a416f40e9c9d9ad2aed','running','','odoo-stable-bootstrap',1,'sha256:odoo-stable-bootstrap/1','odoo','cm','testing',1,1,'ada','2026-01-31T09:30:00.007Z','2026-01-31T09:30:00.009Z',NULL,'op_1',NULL,0,NULL,NULL);
INSERT INTO "operations" VALUES(3,'op_3',1,'31e7fa473e862c680bdbed412de359c15c431e3e10e4a9c69e6068b5a0d29730','pending','','odoo-post-deploy',3,'sha256:odoo-post-deploy/3','odoo','cm','testing',1,0,'ada','2026-01-31T09:30:00.008Z','2026-01-31T09:30:00.008Z',NULL,NULL,NULL,1,NULL,'{"kind":"lane"}');
CREATE TABLE plans (
  digest TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  document TEXT NOT NULL,
  actions TEXT NOT NULL,
  first_seen_at TEXT NOT NULL
) STRICT;
INSERT INTO "plans" VALUES('sha256:odoo-stable-bootstrap/1','odoo-stable-bootstrap',1,'{"plan":"odoo-stable-bootstrap","version":1,"phases":{"pass":{"end":"pass"}}}','{"odoo.bootstrap":{"action_id":"odoo.bootstrap","safety":"destructive","outcomes":["pass","fail"],"idempotent":false,"recoverable":true,"supports_dry_run":false,"parameters":{},"evidence":{},"authz_action":"","label":"Bootstrap","description":""}}','2026-01-31T09:30:00.000Z');
INSERT INTO "plans" VALUES('sha256:odoo-post-deploy/3','odoo-post-deploy',3,'{"plan":"odoo-post-deploy","version":3,"phases":{"pass":{"end":"pass"}}}','{"odoo.bootstrap":{"action_id":"odoo.bootstrap","safety":"destructive","outcomes":["pass","fail"],"idempotent":false,"recoverable":true,"supports_dry_run":false,"parameters":{},"evidence":{},"authz_action":"","label":"Bootstrap","description":""}}','2026-01-31T09:30:00.000Z');
CREATE TABLE probe (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  writes INTEGER NOT NULL,
  filler BLOB
) STRICT;
INSERT INTO "probe" VALUES(1,0,NULL);
CREATE UNIQUE INDEX operations_holding ON operations (product, context, instance)
  WHERE holds_lane = 1;
CREATE INDEX operations_queued ON operations (product, context, instance)
  WHERE status = 'pending';
CREATE INDEX operations_sharing ON operations (product, context, instance)
  WHERE exclusive = 0 AND status NOT IN ('pending', 'pass', 'fail', 'refused', 'cancelled');
CREATE INDEX operations_passed ON operations (product, context, instance)
  WHERE status = 'pass' AND dry_run = 0;
CREATE INDEX operations_destructive
  ON operations (product, context, instance, plan, destructive_at)
  WHERE destructive_at IS NOT NULL;
CREATE INDEX operations_unfinished ON operations (ticket)
  WHERE status NOT IN ('pass', 'fail', 'refused', 'cancelled');
CREATE INDEX operations_by_time ON operations (created_at);
CREATE INDEX operations_by_lane ON operations (product, context, instance, created_at);
CREATE INDEX operations_by_context ON operations (product, context, created_at);
CREATE INDEX operations_by_product ON operations (product, created_at);
CREATE INDEX operations_by_requester ON operations (requested_by, created_at);
CREATE INDEX operations_by_plan ON operations (plan, created_at);
CREATE INDEX operations_by_status ON operations (status, created_at);
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
CREATE INDEX commands_due ON commands (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX commands_of_actions ON commands (operation_id, key) WHERE due_at IS NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('leases',1);
INSERT INTO "sqlite_sequence" VALUES('operations',3);
INSERT INTO "sqlite_sequence" VALUES('events',25);
COMMIT;
