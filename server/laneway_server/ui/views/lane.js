/**
 * One lane: who holds it, who waits, what was done on it last, and what can be done on it.
 */

import { laneActions } from "../actions/index.js";
import { get, lanePath, passOver } from "../lib/api.js";
import { badge, empty, notice, operationLink, person, table } from "../lib/components.js";
import { h, replace, setText } from "../lib/dom.js";
import { session } from "../lib/session.js";
import { follow, liveOperation, onResync } from "../lib/stream.js";
import { ago, when } from "../lib/time.js";
import { laneText, spoken } from "../lib/words.js";
import { holderCard } from "./lanes/holder.js";

const RECENT = 15;
const GATHERED = 150; // ms for which events are gathered
const FREEZES = 30_000; // ms; a freeze is no event

/** See `Visit` in lib/router.js. */
export async function view({ params: lane, signal, outlet, setTitle }) {
  setTitle(laneText(lane));
  const page = { lane, signal, ids: new Set(), stopHolder: () => {}, holderId: null, parts: partsOf(lane) };
  watched(page);
  await load(page);
  if (signal.aborted) return;
  const { head, frozen, now, queue, past, recent } = page.parts;
  replace(outlet, head, frozen, h("div", { class: "with-side" }, h("div", { class: "stack" }, now, queue), past), recent);
}

function partsOf(lane) {
  const { product, context, instance } = lane;
  const actions = h("div");
  const heading = h("div", null, h("h1", null, laneText(lane)), h("p", { class: "quiet" }, `Product ${product} · context ${context} · instance ${instance}`));
  const sections = ["frozen", "now", "queue", "recent"].map((name) => [name, h("div", { class: "stack" })]);
  return {
    head: h("div", { class: "view-head" }, heading, actions),
    actions,
    ...Object.fromEntries(sections),
    past: h("aside", { class: "card", "aria-label": "What was done here" }),
  };
}

/** Load again when something happens on the lane. */
function watched(page) {
  const { signal } = page;
  let timer = null;
  const soon = () => (timer ??= setTimeout(() => ((timer = null), reload(page)), GATHERED));
  follow((event) => concerns(page, event) && soon(), signal);
  onResync(() => reload(page), signal);
  const look = setInterval(() => document.hidden || soon(), FREEZES);
  const over = () => (clearInterval(look), clearTimeout(timer), page.stopHolder());
  signal.addEventListener("abort", over, { once: true });
}

function concerns({ lane, ids }, event) {
  if (event.type === "phase_progressed") return false;
  if (event.type === "operation_accepted" && laneText(event.data.lane) === laneText(lane)) ids.add(event.operation_id);
  return ids.has(event.operation_id);
}

async function reload(page) {
  try {
    await load(page);
  } catch (problem) {
    passOver(problem); // what is shown stays; the bar at the top says that it may be out of date
  }
}

async function load(page) {
  const { lane, signal } = page;
  const recent = { ...lane, limit: RECENT };
  const [record, found, who] = await Promise.all([
    get(lanePath(lane), { signal }),
    get("/v1/operations", { query: recent, signal }),
    session(),
  ]);
  const known = [record.holder, ...record.queue, ...record.running_shared, ...found.operations];
  for (const each of known) if (each) page.ids.add(each.id);
  if (!signal.aborted) draw(page, record, found, who);
}

// --- drawing --------------------------------------------------------------------------------------

function draw(page, record, found, who) {
  const { parts, lane } = page;
  const same = JSON.stringify([record, found.operations]);
  if (same === page.drawn) return;
  page.drawn = same;
  replace(parts.actions, laneActions(record, who, () => reload(page)));
  replace(parts.frozen, record.frozen ? frozenNotice(record.freeze) : null);
  holder(page, record);
  replace(parts.queue, record.queued ? queueCard(record) : null);
  replace(parts.past, pastCard(record));
  drawRecent(parts.recent, lane, found);
}

function frozenNotice({ by, reason, at }) {
  const text = h("p", null, "It takes no new operations: “", reason, "”.");
  return notice("info", "This lane is frozen", text, h("p", { class: "small quiet" }, person(by), " ", ago(at)));
}

/** The holder is followed by itself: what it does in between is no news of the lane. */
function holder(page, record) {
  const id = record.holder?.id ?? null;
  if (id !== null && id === page.holderId) return;
  page.stopHolder();
  page.holderId = id;
  page.stopHolder = () => {};
  if (id === null) return void replace(page.parts.now, idle(record), ...shared(record));
  const card = holderCard();
  replace(page.parts.now, card.node, ...shared(record));
  page.stopHolder = liveOperation(id, (operation) => card.show(operation));
}

function idle({ busy }) {
  if (busy) return empty("An operation that you may not read holds this lane.");
  return empty("Nothing holds this lane: a new operation begins at once.");
}

function shared({ running_shared: rows }) {
  if (!rows.length) return [];
  const items = rows.map((each) => h("li", { class: "row" }, badge(each.status), spoken(each.plan.name), operationLink(each)));
  return [h("section", { class: "card" }, h("h2", null, "Reading beside it"), h("ul", { class: "plain stack" }, items))];
}

function queueCard({ queue, queued }) {
  const items = queue.map((each) =>
    h("li", null, h("span", { class: "row" }, spoken(each.plan.name), operationLink(each), h("span", { class: "quiet" }, "by ", person(each.requested_by), ", ", ago(each.created_at)))),
  );
  const hidden = queued - queue.length;
  const more = hidden > 0 ? h("p", { class: "quiet" }, `${hidden} that you may not read`) : null;
  return h("section", { class: "card" }, h("h2", null, `Waiting for the lane (${queued})`), h("ol", { class: "lane-queue" }, items), more);
}

function pastCard({ last_pass: passed, last_destructive: destroyed }) {
  const entries = [];
  if (passed) entries.push(h("dt", null, "Last passed"), h("dd", null, spoken(passed.plan.name), " ", operationLink(passed), h("br"), h("span", { class: "quiet" }, when(passed.finished_at))));
  for (const [plan, each] of Object.entries(destroyed)) {
    entries.push(h("dt", null, "Last destructive"), h("dd", null, spoken(plan), " ", operationLink(each), h("br"), badge(each.status)));
  }
  const body = entries.length ? h("dl", { class: "facts" }, entries) : h("p", { class: "quiet" }, "Nothing has passed here yet.");
  return [h("h2", null, "What was done here"), body];
}

const COLUMNS = [
  { label: "Operation", head: true, cell: (each) => h("a", { href: `/operations/${encodeURIComponent(each.id)}` }, spoken(each.plan.name), each.dry_run ? " (dry run)" : "") },
  { label: "Status", cell: (each) => badge(each.status) },
  { label: "By", cell: (each) => person(each.requested_by) },
  { label: "Created", cell: (each) => when(each.created_at) },
  { label: "Id", class: "wide-only", cell: (each) => operationLink(each) },
];

function drawRecent(part, lane, { operations, next_cursor: more }) {
  const query = new URLSearchParams(lane);
  const heading = part.querySelector("h2") ?? h("h2");
  setText(heading, "Recent operations");
  if (!operations.length) return void replace(part, heading, empty("There was no operation on this lane yet."));
  const rows = part.querySelector(".table-scroll");
  if (rows?.update) return void rows.update(operations);
  const made = table({ caption: `Operations on ${laneText(lane)}`, columns: COLUMNS, rows: operations, key: ({ id }) => id });
  const all = more ? h("p", null, h("a", { href: `/operations?${query}` }, "All operations on this lane")) : null;
  replace(part, heading, made, all);
}
