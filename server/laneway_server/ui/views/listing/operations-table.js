/**
 * Operations as a table; on a phone as cards.
 */

import { badge, laneLink, person, shortId, table } from "../../lib/components.js";
import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { ago, elapsed, kept } from "../../lib/time.js";
import { TERMINAL, doing, spoken, waitingText } from "../../lib/words.js";

/**
 * The table.
 *
 * @param {Array<Object>} rows as GET /v1/operations lists them
 * @param {Map<string, string>} titles of plans, by name
 * @returns {HTMLElement} with `update(rows)`
 */
export function operationsTable(rows, titles) {
  const node = table({
    caption: "Operations, newest first",
    columns: columns(titles),
    rows,
    key: (row) => row.id,
  });
  node.classList.add("hist-table");
  return node;
}

function columns(titles) {
  return [
    { label: "Status", cell: (row) => badge(row.status) },
    { label: "Operation", head: true, class: "hist-main", cell: (row) => named(row, titles) },
    { label: "Lane", cell: (row) => laneLink(row.lane) },
    { label: "Requested by", cell: (row) => person(row.requested_by) },
    { label: "Created", class: "nowrap", cell: (row) => ago(row.created_at) },
    {
      label: "Took",
      class: "number nowrap",
      cell: (row) => elapsed(row.created_at, row.finished_at),
    },
  ];
}

function named(row, titles) {
  const { name, version } = row.plan;
  const text = doing({
    ...row,
    plan: { ...row.plan, title: row.plan.title ?? titles.get(name) ?? "" },
  });
  const href = `/operations/${encodeURIComponent(row.id)}`;
  const marks = [
    row.dry_run ? h("span", { class: "tag" }, icon("eye"), "Dry run") : null,
    row.retry_of ? origin("Retry of", row.retry_of) : null,
    row.supersedes ? origin("Supersedes", row.supersedes) : null,
  ];
  return [
    h("a", { href, class: "strong" }, text),
    standing(row),
    h(
      "p",
      { class: "small quiet row" },
      h("span", null, `${name} · v${version} · `, h("code", { title: row.id }, shortId(row.id))),
      marks,
    ),
  ];
}

function origin(word, id) {
  const href = `/operations/${encodeURIComponent(id)}`;
  return h("a", { class: "tag", href, title: id }, `${word} ${shortId(id)}`);
}

/** Where an operation is, as long as it is somewhere. */
function standing(row) {
  if (TERMINAL.has(row.status)) return null;
  const at = row.phase ? spoken(row.phase) : "Accepted";
  const text = row.waiting_for
    ? () => capital(waitingText({ ...row, phases: row.phases ?? [] }))
    : () => at;
  return kept(h("p", { class: "small" }), text);
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
