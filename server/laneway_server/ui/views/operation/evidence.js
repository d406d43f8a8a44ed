/**
 * What a phase proved, to be read: probes and rows as tables, proofs as differences against the
 * record, ends of logs as logs, what a dry run would have sent; everything else as a tree.
 *
 * Drivers may say what they like, so each part is recognised by its shape.
 */

import { json, logView, notice, table } from "../../lib/components.js";
import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { spoken } from "../../lib/words.js";
import { differences, result } from "./differences.js";
import { fact, facts, isFact } from "./facts.js";

const MOST_COLUMNS = 7;

/**
 * The evidence of a phase.
 *
 * @param {Object} evidence
 * @param {Object} record the target record as the operation has it: what identities are held to
 * @param {string} title of the phase
 * @returns {Array<Node>} empty where there is none
 */
export function evidenceParts(evidence, record = {}, title = "") {
  const left = new Map(Object.entries(evidence ?? {}));
  const parts = [];
  for (const take of TAKERS) parts.push(take(left, record));
  const found = parts.flat().filter(Boolean);
  for (const each of found) named(each, title);
  return found;
}

/** Several phases have probes: a table's region says of which phase it is. */
function named(node, title) {
  if (node.getAttribute("role") !== "region" || !title) return;
  node.setAttribute("aria-label", `${node.getAttribute("aria-label")} of ${title}`);
}

const TAKERS = [said, checks, rules, identity, probes, sent, set, plain, rows, logs, rest];

/** Take a list of objects out, where it is one and each has these fields. */
function listOf(left, name, ...fields) {
  const value = left.get(name);
  const fits = Array.isArray(value) && value.length > 0 && value.every((each) => has(each, fields));
  if (!fits) return null;
  left.delete(name);
  return value;
}

function has(value, fields) {
  return value !== null && typeof value === "object" && fields.every((field) => field in value);
}

function said(left) {
  const dry = left.get("dry_run") === true;
  const skipped = left.get("skipped") === true;
  if (dry) left.delete("dry_run");
  if (skipped) left.delete("skipped");
  return [
    dry ? notice("info", "Dry run: nothing was done. This is what would have been.") : null,
    skipped ? notice("info", "Skipped: the plan or the lane's policy does not ask for it.") : null,
  ];
}

function checks(left) {
  const found = listOf(left, "checks", "check", "held");
  if (!found) return null;
  const lines = found.map((each) => ({
    name: String(each.check),
    expected: each.expected,
    found: each.live ?? each.found,
    held: each.held,
    why: each.held ? "" : String(each.code ?? ""),
  }));
  return differences("The target record and the real system", lines);
}

function rules(left) {
  const found = listOf(left, "rules", "rule", "held");
  if (!found) return null;
  return table({
    caption: "Rules",
    showCaption: true,
    rows: [...found].sort((a, b) => Number(a.held === true) - Number(b.held === true)),
    key: (row) => String(row.rule),
    columns: [
      { label: "Rule", head: true, cell: (row) => spoken(row.rule) },
      { label: "What it says", cell: (row) => String(row.detail ?? "") },
      { label: "Result", class: "op-result", cell: (row) => outcome(row.held) },
    ],
  });
}

function outcome(held) {
  if (held !== false) return result(held);
  return h("span", { class: "op-held tone-bad" }, icon("close"), "does not hold");
}

/** What a running product says that it is, against what the record says that it must be. */
function identity(left, record) {
  const observed = left.get("observed");
  const differing = left.get("differing");
  if (!Array.isArray(differing) || !left.has("observed")) return null;
  left.delete("observed");
  left.delete("differing");
  const seen = observed ?? {};
  const wanted = expectedIdentity(record);
  const names = [...new Set([...differing, ...Object.keys(seen), ...Object.keys(observed ? {} : wanted)])];
  if (!names.length) return null;
  const lines = names.map((name) => ({
    name,
    expected: wanted[name],
    found: seen[name],
    held: differing.includes(name) ? false : observed === null ? false : name in wanted ? true : null,
  }));
  return differences("What runs, against what the record says", lines);
}

function expectedIdentity(record) {
  const { artifact_id: artifact, source_git_ref: source, runtime_identity: more } = record.expected ?? {};
  const known = { artifact_id: artifact, source_git_ref: source, ...more };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value));
}

function probes(left) {
  const found = listOf(left, "probes", "probe");
  if (!found) return null;
  return table({
    caption: "Probes",
    showCaption: true,
    rows: found.map((row, index) => ({ ...row, index })),
    key: (row) => String(row.index),
    columns: [
      { label: "Probe", head: true, cell: (row) => spoken(row.probe) },
      { label: "Result", class: "op-result", cell: (row) => probed(row) },
      { label: "HTTP", class: "number", cell: (row) => fact(row.status_code) },
      { label: "Address", cell: (row) => [fact(row.url), h("span", { class: "small quiet op-block" }, row.content_type)] },
      { label: "Why", cell: (row) => why(row) },
    ],
  });
}

function probed({ status }) {
  const [name, tone] = status === "pass" ? ["check", "good"] : ["close", "bad"];
  return h("span", { class: `op-held tone-${tone}` }, icon(name), status === "pass" ? "passed" : String(status));
}

function why({ failure_class: kind, detail }) {
  if (!kind && !detail) return null;
  return [detail ? String(detail) : null, kind ? h("code", { class: "op-block small" }, String(kind)) : null];
}

/** Requests that a dry run would have sent. */
function sent(left) {
  const found = listOf(left, "would_send");
  if (!found) return null;
  const items = found.map((request) => {
    const { method, url, path, procedure, ...more } = request;
    const where = [method, url ?? path ?? procedure].filter(Boolean).join(" ");
    const only = Object.keys(more).length === 1 && has(more.json, []);
    return h("li", null, h("code", null, where || "A request"), json(only ? more.json : more, { open: 2 }));
  });
  const title = found.length === 1 ? "One request would be sent" : `${found.length} requests would be sent`;
  return smaller(title, h("ol", { class: "op-requests" }, items));
}

function set(left) {
  const value = left.get("would_set");
  if (!has(value, [])) return null;
  left.delete("would_set");
  return smaller("What would be set", facts(Object.entries(value)));
}

function plain(left) {
  const pairs = [...left].filter(([, value]) => isFact(value));
  for (const [name] of pairs) left.delete(name);
  return pairs.length ? facts(pairs.map(([name, value]) => [spoken(name), value])) : null;
}

/** Lists of like objects with plain values. */
function rows(left) {
  const parts = [];
  for (const [name, value] of left) {
    const columns = columnsOf(value);
    if (!columns) continue;
    left.delete(name);
    parts.push(plainTable(spoken(name), value, columns));
  }
  return parts;
}

function columnsOf(value) {
  if (!Array.isArray(value) || !value.length || !value.every((each) => has(each, []))) return null;
  if (!value.every((each) => Object.values(each).every(isFact))) return null;
  const names = [...new Set(value.flatMap((each) => Object.keys(each)))];
  return names.length <= MOST_COLUMNS ? names : null;
}

function plainTable(caption, value, names) {
  return table({
    caption,
    showCaption: true,
    rows: value.map((row, index) => ({ row, index })),
    key: ({ index }) => String(index),
    columns: names.map((name, place) => ({
      label: spoken(name),
      head: place === 0,
      cell: ({ row }) => fact(row[name]),
    })),
  });
}

function logs(left) {
  const parts = [];
  for (const [name, value] of left) {
    const lines = Array.isArray(value) && value.every((each) => typeof each === "string");
    if (!lines || !/log|lines|output/.test(name)) continue;
    left.delete(name);
    const title = name === "log_tail" ? "End of the log" : spoken(name);
    parts.push(smaller(title, logView(value.join("\n"), { label: title })));
  }
  return parts;
}

function rest(left) {
  return [...left].map(([name, value]) => {
    const flat = has(value, []) && !Array.isArray(value) && Object.values(value).every(isFact);
    const pairs = flat ? Object.entries(value).map(([key, each]) => [spoken(key), each]) : null;
    return smaller(spoken(name), pairs?.length ? facts(pairs) : json(value));
  });
}

/** A part of the evidence with a title, one level below `part`. */
function smaller(title, ...children) {
  return h("div", { class: "op-part", role: "group", "aria-label": title }, h("h5", null, title), children);
}
