/**
 * Operations, newest first, by whatever the list can be filtered with. What happens shows at once in
 * the rows that are there; what is new is told, and shown when it is asked for.
 */

import { get, passOver } from "../lib/api.js";
import { empty, problemNotice } from "../lib/components.js";
import { h, replace } from "../lib/dom.js";
import { follow, onResync } from "../lib/stream.js";
import { STATUS } from "../lib/words.js";
import { address, filterForm, filtersOf } from "./listing/filters.js";
import { newsButton, pager } from "./listing/news.js";
import { operationsTable } from "./listing/operations-table.js";
import { paced } from "./listing/pace.js";

const PATH = "/operations";
const SIZE = 50;
const PACE = 400; // ms between two looks at the list

/** @type {function(import("../lib/router.js").Visit): Promise<void>} */
export async function view({ query, signal, outlet, setTitle }) {
  setTitle("Operations");
  const [plans, known] = await Promise.all([offered(signal), lanes(signal)]);
  const fields = fieldsOf(plans, known);
  const cursor = query.get("cursor");
  const asked = { ...filtersOf(fields, query), cursor, limit: SIZE };
  const titles = new Map(plans.map((plan) => [plan.name, plan.title]));
  const body = h("div", { class: "stack" });
  const list = { asked, titles, signal, body, rows: [], touched: new Set(), ready: false };
  const soon = cared(list);
  await filled(list);
  soon();
  replace(
    outlet,
    head(cursor),
    filterForm({ label: "Filter operations", path: PATH, fields, query }),
    body,
  );
}

function head(cursor) {
  const about = cursor
    ? "Older operations."
    : "What was asked for, and what became of it: newest first.";
  const note = h("p", { class: "quiet" }, about);
  return h("header", { class: "view-head" }, h("div", null, h("h1", null, "Operations"), note));
}

// --- filters --------------------------------------------------------------------------------------

function fieldsOf(plans, known) {
  const statuses = Object.entries(STATUS).filter(([status]) => status !== "skipped");
  const names = (part) => [...new Set(known.map((lane) => lane[part]))].sort();
  const planChoices = plans.map(({ name, title }) => ({ value: name, label: title || name }));
  return [
    {
      name: "status",
      label: "Status",
      kind: "choice",
      choices: statuses.map(([value, { word }]) => ({ value, label: word })),
    },
    { name: "plan", label: "Plan", kind: "choice", choices: planChoices },
    { name: "product", label: "Product", kind: "text", known: names("product") },
    { name: "context", label: "Context", kind: "text", known: names("context") },
    { name: "instance", label: "Instance", kind: "text", known: names("instance") },
    { name: "requested_by", label: "Requested by", kind: "text", example: "who, in full" },
    { name: "created_after", label: "Created after", kind: "time" },
    { name: "created_before", label: "Created before", kind: "time" },
  ];
}

/** The plans to choose from; the list can be read without them. */
function offered(signal) {
  return get("/v1/plans", { signal }).then(
    ({ plans }) => plans,
    () => [],
  );
}

function lanes(signal) {
  const found = ({ lanes: all }) => all.map(({ lane }) => lane);
  return get("/v1/lanes", { query: { limit: 200 }, signal }).then(found, () => []);
}

// --- the list -------------------------------------------------------------------------------------

/** Load the list, and show it or why it cannot be shown. */
async function filled(list) {
  try {
    show(list, await load(list));
  } catch (problem) {
    // What the address asks for may be wrong: the form stays, to correct it.
    if (problem.status !== 422) throw problem;
    replace(list.body, problemNotice(problem));
  }
}

function load({ asked, signal }) {
  return get("/v1/operations", { query: asked, signal });
}

function show(list, page) {
  list.page = page;
  list.rows = page.operations;
  list.ready = true;
  const filtered = Object.keys(list.asked).length > 2;
  if (!list.rows.length) {
    list.table = null;
    const none = filtered
      ? "No operation is like this."
      : "There is no operation that you may read, so far.";
    replace(list.body, news(list), empty(none));
    return;
  }
  list.table = operationsTable(list.rows, list.titles);
  replace(list.body, news(list), list.table, pages(list));
}

function news(list) {
  const shown = () => {
    show(list, list.newer);
    list.body.querySelector("tbody a")?.focus();
  };
  list.news = newsButton({ one: "new operation", more: "new operations" }, shown);
  return list.news;
}

function pages({ asked, page }) {
  const { cursor, limit, ...filters } = asked;
  const pairs = Object.entries(filters);
  const older = page.next_cursor ? address(PATH, [...pairs, ["cursor", page.next_cursor]]) : null;
  return pager({ older, newest: cursor ? address(PATH, pairs) : null, noun: "operations" });
}

// --- what happens meanwhile -----------------------------------------------------------------------

/** Follow what concerns the list; returns what has it looked at once more. */
function cared(list) {
  const soon = paced(() => refreshed(list), PACE, list.signal);
  const heard = (event) => {
    const there = list.rows.some((row) => row.id === event.operation_id);
    if (there) list.touched.add(event.operation_id);
    if (!list.ready || there || (event.type === "operation_accepted" && !list.asked.cursor)) soon();
  };
  follow(heard, list.signal);
  onResync(() => refreshed(list), list.signal);
  return soon;
}

async function refreshed(list) {
  if (!list.ready) return;
  try {
    const page = await load(list);
    const left = [...list.touched].filter((id) => !page.operations.some((row) => row.id === id));
    list.touched.clear();
    const others = await Promise.all(left.map((id) => one(id, list.signal)));
    if (!list.signal.aborted) patch(list, page, others.filter(Boolean));
  } catch (problem) {
    passOver(problem); // what is shown stays; the frame says that the server cannot be reached
  }
}

/** An operation that is shown and would not be listed any more, as it is now. */
function one(id, signal) {
  return get(`/v1/operations/${encodeURIComponent(id)}`, { signal }).catch(() => null);
}

function patch(list, page, others) {
  const now = new Map([...page.operations, ...others].map((row) => [row.id, row]));
  list.rows = list.rows.map((row) => fresh(row, now.get(row.id)));
  list.table?.update(list.rows);
  const shown = new Set(list.rows.map((row) => row.id));
  const first = page.operations.findIndex((row) => shown.has(row.id));
  const count = first < 0 ? page.operations.length : first;
  list.newer = page;
  if (!list.asked.cursor) list.news.tell(count, SIZE);
}

/** The row as it was where nothing is new: then it is not drawn again. */
function fresh(row, now) {
  return !now || JSON.stringify(now) === JSON.stringify(row) ? row : now;
}
