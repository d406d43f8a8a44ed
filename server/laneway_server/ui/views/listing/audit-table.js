/**
 * Entries of the audit log as a table; on a phone as cards.
 */

import {
  copyButton,
  json,
  laneLink,
  openDialog,
  operationLink,
  person,
  table,
} from "../../lib/components.js";
import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { utc, when } from "../../lib/time.js";
import { actText } from "./acts.js";

/**
 * The table.
 *
 * @param {Array<Object>} entries as GET /v1/audit shows them
 * @returns {HTMLElement} with `update(entries)`
 */
export function auditTable(entries) {
  const key = (entry) => String(entry.seq);
  const node = table({ caption: "Audit log, newest first", columns: COLUMNS, rows: entries, key });
  node.classList.add("hist-table", "hist-audit");
  return node;
}

const COLUMNS = [
  { label: "Entry", class: "number quiet", cell: ({ seq }) => String(seq) },
  { label: "When", class: "nowrap", cell: ({ at }) => when(at) },
  { label: "Who", cell: ({ actor }) => person(actor) },
  { label: "What", head: true, class: "hist-main", cell: what },
  { label: "About", cell: about },
  { label: "Answer", cell: told },
  { label: "More", class: "hist-more", cell: more },
];

function what({ act, detail = {} }) {
  const reason =
    typeof detail.reason === "string" && detail.reason
      ? h("p", { class: "small quiet" }, `“${detail.reason}”`)
      : null;
  return [h("span", { class: "strong", title: act }, actText(act)), reason];
}

function about({ operation_id: id, lane, plan }) {
  const parts = [
    lane ? laneLink(lane) : null,
    id ? operationLink(id) : null,
    plan ? h("a", { href: `/plans/${encodeURIComponent(plan)}` }, plan) : null,
  ].filter(Boolean);
  return parts.length
    ? h("div", { class: "hist-about" }, parts)
    : h("span", { class: "quiet" }, "–");
}

function told({ allowed, code = "", detail = {} }) {
  if (allowed) return h("span", { class: "badge tone-good" }, icon("pass"), "Done");
  const badge = h("span", { class: "badge tone-bad" }, icon("refused"), "Refused");
  const why =
    typeof detail.told === "string" ? h("p", { class: "small quiet" }, detail.told) : null;
  return [
    badge,
    code
      ? h(
          "p",
          { class: "small" },
          h(
            "a",
            { href: `/problems/${encodeURIComponent(code)}`, target: "_blank", rel: "noopener" },
            h("code", null, code),
          ),
        )
      : null,
    why,
  ];
}

/** What else is known of it. */
function more(entry) {
  const label = `More about entry ${entry.seq}`;
  const button = h("button", { type: "button", class: "plain", "aria-label": label }, "More");
  button.addEventListener("click", () => opened(entry));
  return button;
}

function opened(entry) {
  const { seq, act, allowed } = entry;
  const button = h("button", { type: "button" }, "Close");
  const buttons = h("div", { class: "dialog-buttons" }, button);
  const title = `Entry ${seq}: ${actText(act)}, ${allowed ? "done" : "refused"}`;
  const body = h("div", { class: "dialog-body hist-details" }, details(entry), buttons);
  const { close } = openDialog(title, body);
  button.addEventListener("click", () => close());
}

/** Where access is open, things are done without a rule. */
function rulesOf({ rules = [], allowed }) {
  if (rules.length) return rules.join(", ");
  return allowed ? "–" : "none allowed it";
}

function details(entry) {
  const hash = h("code", null, entry.hash);
  const rows = [
    ["At", utc(entry.at)],
    ["Rules", rulesOf(entry)],
    ["Address", entry.address || "–"],
    ["Trace", h("code", null, entry.trace_id || "–")],
    ["Policy", h("code", null, entry.policy || "–")],
    ["Hash", h("span", { class: "digest" }, hash, copyButton(entry.hash, "Copy the hash"))],
  ];
  const pairs = rows.map(([label, value]) => [h("dt", null, label), h("dd", null, value)]);
  const { actor, detail = {} } = entry;
  const said = json({ actor, detail }, { search: false, open: 2 });
  return [h("dl", { class: "facts small" }, pairs), said];
}
