PRAGMA application_id = 1281453669;
PRAGMA user_version = 6;
BEGIN TRANSACTION;
CREATE TABLE artifact_references (
  operation_id TEXT NOT NULL REFERENCES operations (id),
  digest TEXT NOT NULL REFERENCES artifacts (digest),
  size INTEGER NOT NULL,
  PRIMARY KEY (operation_id, digest)
) STRICT, WITHOUT ROWID;
INSERT INTO "artifact_references" VALUES('op_1','sha256:5775e775a009a883570f8738b2efba72ebd889bebd792398088abf4b78a55133',5);
CREATE TABLE artifact_usage (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  bytes INTEGER NOT NULL CHECK (bytes >= 0)
) STRICT;
INSERT INTO "artifact_usage" VALUES(1,5);
CREATE TABLE artifacts (
  digest TEXT PRIMARY KEY,
  content BLOB NOT NULL,
  size INTEGER NOT NULL CHECK (size = length(content)),
  saved_at TEXT NOT NULL
) STRICT;
INSERT INTO "artifacts" VALUES('sha256:5775e775a009a883570f8738b2efba72ebd889bebd792398088abf4b78a55133',X'61206C6F67',5,'2026-01-31T09:30:00.010Z');
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  at TEXT NOT NULL,
  entry TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
INSERT INTO "audit" VALUES(1,'2026-01-31T09:30:00.000Z','{"actor":{"kind":"caller","subject":"ada","claims":{"repository":"acme/shop","run":7}},"act":"freezeLane","allowed":false,"code":"authorization_denied","rules":["bootstrap-testing","everybody"],"policy":"sha256:policy","operation_id":"op_1","lane":{"product":"odoo","context":"cm","instance":"testing"},"plan":"odoo-stable-bootstrap","trace_id":"00000000000000000000000000000001","address":"2001:db8::1","detail":{"reason":"Die Datenbank schläft.","tries":[1,2.5,null]}}','0000000000000000000000000000000000000000000000000000000000000000','bfc6a3bc08c600ff5226d3ddee8d8cc079f422f50dab1facdb242590339473ca');
INSERT INTO "audit" VALUES(2,'2026-01-31T09:30:00.000Z','{"actor":{"kind":"caller","subject":"ada","claims":{"repository":"acme/shop","run":7}},"act":"unfreezeLane","allowed":false,"code":"authorization_denied","rules":["bootstrap-testing","everybody"],"policy":"sha256:policy","operation_id":"op_1","lane":{"product":"odoo","context":"cm","instance":"testing"},"plan":"odoo-stable-bootstrap","trace_id":"00000000000000000000000000000001","address":"2001:db8::1","detail":{"reason":"Die Datenbank schläft.","tries":[1,2.5,null]}}','bfc6a3bc08c600ff5226d3ddee8d8cc079f422f50dab1facdb242590339473ca','c9ef7461c6eb860b8d7f37b3832eea36525542b50c22ac38a9105aa2384a9530');
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
INSERT INTO "audit_places" VALUES(1,'2026-01-31T09:30:00.000Z','ada','freezeLane',0,'authorization_denied','op_1','odoo-stable-bootstrap','odoo','cm','testing');
INSERT INTO "audit_places" VALUES(2,'2026-01-31T09:30:00.000Z','ada','unfreezeLane',0,'authorization_denied','op_1','odoo-stable-bootstrap','odoo','cm','testing');
CREATE TABLE commands (
  operation_id TEXT NOT NULL REFERENCES operations (id),
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  due_at TEXT,
  body TEXT NOT NULL,
  PRIMARY KEY (operation_id, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "commands" VALUES('op_2','action:bootstrap','start_action',NULL,'{"kind":"start_action","key":"action:bootstrap","phase":"bootstrap","attempt":1,"token":"bootstrap-1","action":"odoo.bootstrap","parameters":{"confirmation":"bootstrap cm testing"},"timeout_at":"2026-01-31T09:30:45.000Z","dry_run":false,"checkpoint":null}');
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
INSERT INTO "events" VALUES(1,'op_1',1,'2026-01-31T09:30:00.000Z','operation_accepted',NULL,NULL,'{"claims":{"repository":"acme/shop","run":7},"kind":"caller","subject":"ada"}','{"authorization":{"allowed":true,"policy":"sha256:policy","reason":"it says so","rules":["bootstrap"]},"dry_run_evidence":{"finished_at":"2026-01-31T09:30:00.000Z","head":"abababababababababababababababababababababababababababababababab","operation":"op_0","status":"pass"},"exclusive":true,"lane":{"context":"cm","instance":"testing","product":"odoo"},"plan":"odoo-stable-bootstrap","plan_digest":"sha256:odoo-stable-bootstrap/1","plan_version":1,"request":{"confirmation":"bootstrap cm testing"},"requested_by":{"claims":{"repository":"acme/shop","run":7},"kind":"caller","subject":"ada"},"when_busy":"queue"}','0000000000000000000000000000000000000000000000000000000000000000','5c439b1e2cb4656e2eb57e038cfb09e317ed8b67efdbb2444ac97e544edd0289');
INSERT INTO "events" VALUES(2,'op_1',2,'2026-01-31T09:30:00.005Z','operation_started',NULL,NULL,'{"claims":{},"kind":"engine","subject":"laneway"}','{"deadline_at":"2026-01-31T09:30:01.000Z","target":{"compose":{"ref":"target:cm/testing"}}}','5c439b1e2cb4656e2eb57e038cfb09e317ed8b67efdbb2444ac97e544edd0289','791c0ff8a1ab9d2d2bffebd23aed473fe490622377072c996a25a9f05b93dada');
INSERT INTO "events" VALUES(3,'op_1',3,'2026-01-31T09:30:00.005Z','transition_taken',NULL,NULL,'{"claims":{},"kind":"engine","subject":"laneway"}','{"on":"pass","source":"policy_proof","target":"target_proof"}','791c0ff8a1ab9d2d2bffebd23aed473fe490622377072c996a25a9f05b93dada','c894df2433fdac76f1255065fda708bf9db4ab99f71647c90438f8c1b080f3e9');
INSERT INTO "events" VALUES(4,'op_1',4,'2026-01-31T09:30:00.005Z','phase_started','bootstrap',2,'{"claims":{},"kind":"engine","subject":"laneway"}','{"action":"odoo.bootstrap","parameters":{"deep":{"none":null,"yes":true},"names":["a","ü"]},"safety":"destructive","timeout_at":"2026-01-31T09:30:01.000Z","token":"bootstrap-2"}','c894df2433fdac76f1255065fda708bf9db4ab99f71647c90438f8c1b080f3e9','003e26cc4ea4cd71df7fad1912016e3b99715e975ea9fad2a2e2f28a874012fe');
INSERT INTO "events" VALUES(5,'op_1',5,'2026-01-31T09:30:00.005Z','phase_progressed','bootstrap',2,'{"claims":{},"kind":"engine","subject":"laneway"}','{"checkpoint":{"deployment":"d-1"},"data":{"done":0.42},"message":"42 %"}','003e26cc4ea4cd71df7fad1912016e3b99715e975ea9fad2a2e2f28a874012fe','b207b17e6926d31d08f1ac245fca3b8d99985055f8203959c2e30fc79f07390f');
INSERT INTO "events" VALUES(6,'op_1',6,'2026-01-31T09:30:00.005Z','phase_retry_scheduled','bootstrap',2,'{"claims":{},"kind":"engine","subject":"laneway"}','{"failure":{"code":"unreachable","detail":{"tries":[1,2.5,null]},"message":"Die Datenbank schläft.","retry_class":"unavailable"},"retry_at":"2026-01-31T09:30:01.000Z"}','b207b17e6926d31d08f1ac245fca3b8d99985055f8203959c2e30fc79f07390f','b0d475c481a9e8b27f101ab59025fafc3e39b2c15b37ace6ececd2fc22d3a2d7');
INSERT INTO "events" VALUES(7,'op_1',7,'2026-01-31T09:30:00.005Z','phase_held','bootstrap',2,'{"claims":{},"kind":"engine","subject":"laneway"}','{"reason":"the engine is about to stop"}','b0d475c481a9e8b27f101ab59025fafc3e39b2c15b37ace6ececd2fc22d3a2d7','b33ef37dcaccbf3091e9a58bcb6a7fd6a98c1ff52b5975b92630457cdefea6ee');
INSERT INTO "events" VALUES(8,'op_1',8,'2026-01-31T09:30:00.005Z','phase_resumed','bootstrap',2,'{"claims":{},"kind":"engine","subject":"laneway"}','{"reason":"the engine was restarted","timeout_at":"2026-01-31T09:30:01.000Z"}','b33ef37dcaccbf3091e9a58bcb6a7fd6a98c1ff52b5975b92630457cdefea6ee','a64571179b50ff526175b63ca63f4300cd063811b06ec37f4ed0203310f88d18');
INSERT INTO "events" VALUES(9,'op_1',9,'2026-01-31T09:30:00.005Z','phase_recovering','bootstrap',2,'{"claims":{},"kind":"engine","subject":"laneway"}','{"reason":"the engine was restarted","recover_until":"2026-01-31T09:30:01.000Z"}','a64571179b50ff526175b63ca63f4300cd063811b06ec37f4ed0203310f88d18','86e5c4eda420560b434ef8a1c1f926969a9bc0053922d37aa9568eaa92eb86df');
INSERT INTO "events" VALUES(10,'op_1',10,'2026-01-31T09:30:00.005Z','phase_outcome_unknown','bootstrap',2,'{"claims":{},"kind":"engine","subject":"laneway"}','{"failure":{"code":"unreachable","detail":{"tries":[1,2.5,null]},"message":"Die Datenbank schläft.","retry_class":"unavailable"}}','86e5c4eda420560b434ef8a1c1f926969a9bc0053922d37aa9568eaa92eb86df','bf62b7f113024c096ba979054fc9a6110aa8b63839336807ceaafe3e5b88305a');
INSERT INTO "events" VALUES(11,'op_1',11,'2026-01-31T09:30:00.005Z','phase_reconciled','bootstrap',2,'{"claims":{},"kind":"engine","subject":"laneway"}','{"by":{"claims":{"repository":"acme/shop","run":7},"kind":"caller","subject":"ada"},"note":"seen in the panel","outcome":"pass"}','bf62b7f113024c096ba979054fc9a6110aa8b63839336807ceaafe3e5b88305a','79fd0afaa19ae6b3fce21ea988b93eede3be9ea208a78f82437d0652b4e19cd8');
INSERT INTO "events" VALUES(12,'op_1',12,'2026-01-31T09:30:00.005Z','approval_requested','approval',NULL,'{"claims":{},"kind":"engine","subject":"laneway"}','{"covers":{"plan":"p"},"digest":"sha256:shown","expires_at":"2026-01-31T09:30:01.000Z","quorum":2,"role":"release-manager"}','79fd0afaa19ae6b3fce21ea988b93eede3be9ea208a78f82437d0652b4e19cd8','c1520524bf727364a6e0086afdf4525a43106793f6769a02bc8476a90170534c');
INSERT INTO "events" VALUES(13,'op_1',13,'2026-01-31T09:30:00.005Z','approval_decided','approval',NULL,'{"claims":{},"kind":"engine","subject":"laneway"}','{"by":{"claims":{"repository":"acme/shop","run":7},"kind":"caller","subject":"ada"},"comment":"fine","decision":"approve","digest":"sha256:shown"}','c1520524bf727364a6e0086afdf4525a43106793f6769a02bc8476a90170534c','08a6d87a2d10837221c6f176eae58cbbb2bfb5e562bf4e235dc473d385803fc5');
INSERT INTO "events" VALUES(14,'op_1',14,'2026-01-31T09:30:00.005Z','approval_revoked','approval',NULL,'{"claims":{},"kind":"engine","subject":"laneway"}','{"by":{"claims":{"repository":"acme/shop","run":7},"kind":"caller","subject":"ada"},"reason":"looked again"}','08a6d87a2d10837221c6f176eae58cbbb2bfb5e562bf4e235dc473d385803fc5','3a2d900a82da95af0fe8121fa4ee00ce2da59a9bf74fda097ad51d7ad2dfdc66');
INSERT INTO "events" VALUES(15,'op_1',15,'2026-01-31T09:30:00.005Z','authorization_checked','bootstrap',NULL,'{"claims":{},"kind":"engine","subject":"laneway"}','{"ruling":{"allowed":true,"policy":"sha256:policy","reason":"it says so","rules":["bootstrap"]}}','3a2d900a82da95af0fe8121fa4ee00ce2da59a9bf74fda097ad51d7ad2dfdc66','7820b6297b9baad9110a8bcab431173d43b3338f07e531b8a5d604f04e804927');
INSERT INTO "events" VALUES(16,'op_1',16,'2026-01-31T09:30:00.005Z','wait_started','settle',NULL,'{"claims":{},"kind":"engine","subject":"laneway"}','{"until":"2026-01-31T09:30:01.000Z"}','7820b6297b9baad9110a8bcab431173d43b3338f07e531b8a5d604f04e804927','9c1ca104bb0878933130b1fd800c86f198562ad0598ade3d089742491a89fac4');
INSERT INTO "events" VALUES(17,'op_1',17,'2026-01-31T09:30:00.005Z','parallel_started','verify',NULL,'{"claims":{},"kind":"engine","subject":"laneway"}','{"branches":["health","logo"]}','9c1ca104bb0878933130b1fd800c86f198562ad0598ade3d089742491a89fac4','6c24747db0b8f8db71b2c4cd53020b2a74479f13fb25e57b015b084cdb25ae8b');
INSERT INTO "events" VALUES(18,'op_1',18,'2026-01-31T09:30:00.005Z','phase_finished','bootstrap',2,'{"claims":{},"kind":"engine","subject":"laneway"}','{"digest":"sha256:proof","evidence":{"a":1},"failure":{"code":"unreachable","detail":{"tries":[1,2.5,null]},"message":"Die Datenbank schläft.","retry_class":"unavailable"},"outcome":"fail","status":"fail"}','6c24747db0b8f8db71b2c4cd53020b2a74479f13fb25e57b015b084cdb25ae8b','595754a3d5d3c636a24a195ce9aaa68888ba37a739a933f2d74e7000fe45b419');
INSERT INTO "events" VALUES(19,'op_1',19,'2026-01-31T09:30:00.005Z','pause_requested',NULL,NULL,'{"claims":{},"kind":"engine","subject":"laneway"}','{"by":{"claims":{"repository":"acme/shop","run":7},"kind":"caller","subject":"ada"},"reason":"lunch"}','595754a3d5d3c636a24a195ce9aaa68888ba37a739a933f2d74e7000fe45b419','e5abc9637ceff1376473925d3937e71bc9ce5d58d77808cc291c516320bad685');
INSERT INTO "events" VALUES(20,'op_1',20,'2026-01-31T09:30:00.005Z','operation_paused',NULL,NULL,'{"claims":{},"kind":"engine","subject":"laneway"}','{"next_phase":"verify"}','e5abc9637ceff1376473925d3937e71bc9ce5d58d77808cc291c516320bad685','cf1f5ae5feacf41f4e5200f85727ceed3e2b7f0e6440e55b89b0dc4c3a4a4556');
INSERT INTO "events" VALUES(21,'op_1',21,'2026-01-31T09:30:00.005Z','operation_resumed',NULL,NULL,'{"claims":{},"kind":"engine","subject":"laneway"}','{"by":{"claims":{"repository":"acme/shop","run":7},"kind":"caller","subject":"ada"}}','cf1f5ae5feacf41f4e5200f85727ceed3e2b7f0e6440e55b89b0dc4c3a4a4556','e136a71d8a01262e585b93a606f3e9de20656da59163ff06984f7a0afc99ddb7');
INSERT INTO "events" VALUES(22,'op_1',22,'2026-01-31T09:30:00.005Z','cancel_requested',NULL,NULL,'{"claims":{},"kind":"engine","subject":"laneway"}','{"by":{"claims":{"repository":"acme/shop","run":7},"kind":"caller","subject":"ada"},"reason":"a mistake"}','e136a71d8a01262e585b93a606f3e9de20656da59163ff06984f7a0afc99ddb7','0e5a5f93713eb1643ab8e61e2dd56d8b0d6ff646b75514d40ace3234b71c00f6');
INSERT INTO "events" VALUES(23,'op_1',23,'2026-01-31T09:30:00.005Z','deadline_passed',NULL,NULL,'{"claims":{},"kind":"engine","subject":"laneway"}','{}','0e5a5f93713eb1643ab8e61e2dd56d8b0d6ff646b75514d40ace3234b71c00f6','1b40d7acb293ee70fd1bce60349e7cbe082d11164a13dcee5fcd6f7333b0b7e7');
INSERT INTO "events" VALUES(24,'op_1',24,'2026-01-31T09:30:00.006Z','operation_finished',NULL,NULL,'{"claims":{},"kind":"engine","subject":"laneway"}','{"status":"pass"}','1b40d7acb293ee70fd1bce60349e7cbe082d11164a13dcee5fcd6f7333b0b7e7','aa6f22de097ec7596a099bec135bae99cd30320d52a993ceb774221bf3082df6');
INSERT INTO "events" VALUES(25,'op_2',1,'2026-01-31T09:30:00.007Z','operation_accepted',NULL,NULL,'{"claims":{"repository":"acme/shop","run":7},"kind":"caller","subject":"ada"}','{"authorization":{"allowed":true,"policy":"sha256:policy","reason":"it says so","rules":["bootstrap"]},"dry_run_evidence":{"finished_at":"2026-01-31T09:30:00.000Z","head":"abababababababababababababababababababababababababababababababab","operation":"op_0","status":"pass"},"exclusive":true,"lane":{"context":"cm","instance":"testing","product":"odoo"},"plan":"odoo-stable-bootstrap","plan_digest":"sha256:odoo-stable-bootstrap/1","plan_version":1,"request":{"confirmation":"bootstrap cm testing"},"requested_by":{"claims":{"repository":"acme/shop","run":7},"kind":"caller","subject":"ada"},"supersedes":"op_1","when_busy":"queue"}','0000000000000000000000000000000000000000000000000000000000000000','603d8c38401cee8088aa5cddbb5778f7eb3c57795abac090e29dc982ab72227a');
INSERT INTO "events" VALUES(26,'op_2',2,'2026-01-31T09:30:00.009Z','operation_started',NULL,NULL,'{"claims":{},"kind":"engine","subject":"laneway"}','{"deadline_at":"2026-01-31T09:31:00.009Z"}','603d8c38401cee8088aa5cddbb5778f7eb3c57795abac090e29dc982ab72227a','344754975ac750364eed3b0970a24d67bb208334e246660403d9a7e4f8f177cc');
INSERT INTO "events" VALUES(27,'op_3',1,'2026-01-31T09:30:00.008Z','operation_accepted',NULL,NULL,'{"claims":{"repository":"acme/shop","run":7},"kind":"caller","subject":"ada"}','{"authorization":{"allowed":true,"policy":"sha256:policy","reason":"it says so","rules":["bootstrap"]},"dry_run":true,"dry_run_evidence":{"finished_at":"2026-01-31T09:30:00.000Z","head":"abababababababababababababababababababababababababababababababab","operation":"op_0","status":"pass"},"exclusive":true,"lane":{"context":"cm","instance":"testing","product":"odoo"},"plan":"odoo-post-deploy","plan_digest":"sha256:odoo-post-deploy/3","plan_version":3,"request":{"confirmation":"bootstrap cm testing"},"requested_by":{"claims":{"repository":"acme/shop","run":7},"kind":"caller","subject":"ada"},"when_busy":"queue"}','0000000000000000000000000000000000000000000000000000000000000000','21e96d8dc94857669b3873ccff47e87ac668ace52da9277b305623bfe66959ae');
CREATE TABLE holds (
  operation_id TEXT PRIMARY KEY REFERENCES operations (id),
  held_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  held_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "holds" VALUES('op_1','{"kind":"caller","subject":"ada","claims":{"repository":"acme/shop","run":7}}','the auditors asked','2026-01-31T09:30:00.007Z');
CREATE TABLE "keys" (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  operation_id TEXT NOT NULL,
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
INSERT INTO "operations" VALUES(1,'op_1',24,'aa6f22de097ec7596a099bec135bae99cd30320d52a993ceb774221bf3082df6','pass','policy_proof','odoo-stable-bootstrap',1,'sha256:odoo-stable-bootstrap/1','odoo','cm','testing',1,0,'ada','2026-01-31T09:30:00.000Z','2026-01-31T09:30:00.006Z','2026-01-31T09:30:00.006Z',NULL,NULL,0,'2026-01-31T09:30:00.005Z',NULL);
INSERT INTO "operations" VALUES(2,'op_2',2,'344754975ac750364eed3b0970a24d67bb208334e246660403d9a7e4f8f177cc','running','','odoo-stable-bootstrap',1,'sha256:odoo-stable-bootstrap/1','odoo','cm','testing',1,1,'ada','2026-01-31T09:30:00.007Z','2026-01-31T09:30:00.009Z',NULL,'op_1',NULL,0,NULL,NULL);
INSERT INTO "operations" VALUES(3,'op_3',1,'21e96d8dc94857669b3873ccff47e87ac668ace52da9277b305623bfe66959ae','pending','','odoo-post-deploy',3,'sha256:odoo-post-deploy/3','odoo','cm','testing',1,0,'ada','2026-01-31T09:30:00.008Z','2026-01-31T09:30:00.008Z',NULL,NULL,NULL,1,NULL,'{"kind":"lane"}');
CREATE TABLE plan_contents (
  digest TEXT PRIMARY KEY,
  source TEXT NOT NULL,
  document TEXT NOT NULL,
  actions TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "plan_contents" VALUES('sha256:3','plan: other
version: 3
','{"plan":"other"}','{}');
CREATE TABLE plan_versions (
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  digest TEXT NOT NULL,
  first_seen_at TEXT NOT NULL,
  PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;
INSERT INTO "plan_versions" VALUES('other',3,'sha256:3','2026-01-31T09:30:00.004Z');
CREATE TABLE plans (
  digest TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  document TEXT NOT NULL,
  actions TEXT NOT NULL,
  first_seen_at TEXT NOT NULL
) STRICT;
INSERT INTO "plans" VALUES('sha256:odoo-stable-bootstrap/1','odoo-stable-bootstrap',1,'{"plan":"odoo-stable-bootstrap","version":1,"phases":{"pass":{"end":"pass"}}}','{"odoo.bootstrap":{"action_id":"odoo.bootstrap","safety":"destructive","outcomes":["pass","fail"],"idempotent":false,"recoverable":true,"supports_dry_run":false,"parameters":{},"evidence":{},"authz_action":"","label":"Bootstrap","description":"","scope":"instance","operator_visible":true,"writes_records":[]}}','2026-01-31T09:30:00.000Z');
INSERT INTO "plans" VALUES('sha256:odoo-post-deploy/3','odoo-post-deploy',3,'{"plan":"odoo-post-deploy","version":3,"phases":{"pass":{"end":"pass"}}}','{"odoo.bootstrap":{"action_id":"odoo.bootstrap","safety":"destructive","outcomes":["pass","fail"],"idempotent":false,"recoverable":true,"supports_dry_run":false,"parameters":{},"evidence":{},"authz_action":"","label":"Bootstrap","description":"","scope":"instance","operator_visible":true,"writes_records":[]}}','2026-01-31T09:30:00.000Z');
CREATE TABLE probe (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  writes INTEGER NOT NULL,
  filler BLOB
) STRICT;
INSERT INTO "probe" VALUES(1,0,NULL);
CREATE TABLE sessions (
  digest TEXT PRIMARY KEY,
  actor TEXT NOT NULL,
  key_scope TEXT NOT NULL,
  csrf TEXT NOT NULL,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "sessions" VALUES('sha256:one','{"kind":"caller","subject":"ada","claims":{"repository":"acme/shop","run":7}}','ada','csrf-1','2026-01-31T09:30:00.000Z','2026-01-31T09:30:01.000Z');
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
INSERT INTO "tombstones" VALUES('op_0','odoo-stable-bootstrap',1,'sha256:odoo-stable-bootstrap/1','odoo','cm','prod','fail','ada',0,NULL,NULL,'2026-01-31T09:30:00.001Z','2026-01-31T09:30:00.002Z',2,'07208d3633294063def271467f857448f2fd99b46915e0018e31970a4ac14fa3','2026-02-02T09:30:00.000Z','keep_days 1, keep_last 0');
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
CREATE INDEX commands_due ON commands (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX commands_of_actions ON commands (operation_id, key) WHERE due_at IS NULL;
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
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
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
CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events
  WHEN NOT EXISTS (SELECT 1 FROM tombstones WHERE operation_id = OLD.operation_id)
BEGIN
  SELECT RAISE(ABORT, 'events are append-only: they are not removed');
END;
CREATE TRIGGER keys_are_of_operations BEFORE INSERT ON keys
  WHEN NOT EXISTS (SELECT 1 FROM operations WHERE id = NEW.operation_id)
BEGIN
  SELECT RAISE(ABORT, 'an idempotency key is of an operation');
END;
CREATE INDEX artifact_references_by_digest ON artifact_references (digest);
CREATE TRIGGER artifacts_are_counted AFTER INSERT ON artifacts
BEGIN
  UPDATE artifact_usage SET bytes = bytes + NEW.size;
END;
CREATE TRIGGER artifacts_are_discounted AFTER DELETE ON artifacts
BEGIN
  UPDATE artifact_usage SET bytes = bytes - OLD.size;
END;
CREATE INDEX operations_by_end ON operations (plan_digest, finished_at, id);
CREATE INDEX operations_by_series ON operations (product, context, instance, plan, dry_run);
CREATE INDEX audit_by_operation ON audit_places (operation_id);
CREATE INDEX audit_by_lane ON audit_places (product, context, instance);
CREATE INDEX audit_by_actor ON audit_places (actor);
CREATE INDEX audit_by_plan ON audit_places (plan);
CREATE INDEX audit_by_act ON audit_places (act);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('leases',1);
INSERT INTO "sqlite_sequence" VALUES('operations',4);
INSERT INTO "sqlite_sequence" VALUES('events',29);
COMMIT;
