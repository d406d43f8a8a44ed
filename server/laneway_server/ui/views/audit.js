/**
 * The audit log: who tried what, and what they were told; newest first.
 */

import { get, passOver } from "../lib/api.js";
import { empty, problemNotice } from "../lib/components.js";
import { h, replace } from "../lib/dom.js";
import { auditTable } from "./listing/audit-table.js";
import { ACTS } from "./listing/acts.js";
import { address, filterForm, filtersOf } from "./listing/filters.js";
import { newsButton, pager } from "./listing/news.js";
import { every } from "./listing/pace.js";

const PATH = "/audit";
const SIZE = 50;
const PERIOD = 10_000; // ms: the log is no stream, so it is asked now and then

const FIELDS = [
  { name: "actor", label: "Who", kind: "text", example: "the subject, in full" },
  {
    name: "act",
    label: "What",
    kind: "choice",
    choices: ACTS.map(([value, label]) => ({ value, label })),
  },
  {
    name: "allowed",
    label: "Answer",
    kind: "choice",
    choices: [
      { value: "true", label: "Done" },
      { value: "false", label: "Refused" },
    ],
  },
  { name: "code", label: "Told", kind: "text", example: "authorization_denied" },
  { name: "operation", label: "Operation", kind: "text", example: "op_…" },
  { name: "plan", label: "Plan", kind: "text" },
  { name: "product", label: "Product", kind: "text" },
  { name: "context", label: "Context", kind: "text" },
  { name: "instance", label: "Instance", kind: "text" },
  { name: "since", label: "Since", kind: "time" },
  { name: "until", label: "Until", kind: "time" },
];

/** @type {function(import("../lib/router.js").Visit): Promise<void>} */
export async function view({ query, signal, outlet, setTitle }) {
  setTitle("Audit");
  const before = query.get("before");
  const asked = { ...filtersOf(FIELDS, query), before, order: "newest", limit: SIZE };
  const log = { asked, signal, body: h("div", { class: "stack" }), last: 0 };
  await filled(log);
  replace(
    outlet,
    head(log),
    filterForm({ label: "Filter the audit log", path: PATH, fields: FIELDS, query }),
    log.body,
  );
  if (!before) every(PERIOD, () => looked(log), signal);
}

function head({ head: newest }) {
  const about =
    "Who tried what, and what they were told: what is no event of an operation. Newest first.";
  const chain = newest?.seq
    ? h(
        "p",
        { class: "small quiet" },
        "The newest entry is ",
        h("code", null, `${newest.seq}:${newest.hash.slice(0, 16)}…`),
        "; note it down where nobody can change it.",
      )
    : null;
  return h(
    "header",
    { class: "view-head" },
    h("div", null, h("h1", null, "Audit"), h("p", { class: "quiet" }, about), chain),
  );
}

/** Load the log, and show it or why it cannot be shown. */
async function filled(log) {
  try {
    show(log, await get("/v1/audit", { query: log.asked, signal: log.signal }));
  } catch (problem) {
    // What the address asks for may be wrong: the form stays, to correct it.
    if (problem.status !== 422) throw problem;
    replace(log.body, problemNotice(problem));
  }
}

function show(log, page) {
  log.head = page.head;
  log.last = page.entries[0]?.seq ?? page.head.seq;
  log.news = newsButton({ one: "new entry", more: "new entries" }, () => filled(log));
  const list = page.entries.length ? auditTable(page.entries) : empty(none(log.asked));
  replace(log.body, log.news, list, pages(log.asked, page));
}

function none({ before, order, limit, ...filters }) {
  return Object.keys(filters).length ? "No entry is like this." : "There is no entry so far.";
}

function pages({ before, order, limit, ...filters }, { entries }) {
  const pairs = Object.entries(filters);
  const last = entries.at(-1)?.seq ?? 1;
  const more = entries.length === limit && last > 1;
  const older = more ? address(PATH, [...pairs, ["before", String(last)]]) : null;
  return pager({ older, newest: before ? address(PATH, pairs) : null, noun: "entries" });
}

/** See whether there is something new. */
async function looked(log) {
  try {
    const query = { ...log.asked, after: log.last, limit: SIZE };
    const { entries } = await get("/v1/audit", { query, signal: log.signal });
    log.news?.tell(entries.length, SIZE);
  } catch (problem) {
    passOver(problem); // it is asked again in a moment; the frame says that the server is away
  }
}
