/**
 * The text of a plan, with line numbers, and what was found in it at its lines.
 */

import { copyButton } from "../../lib/components.js";
import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { setQuery } from "../../lib/router.js";
import { cut, parts } from "./yaml.js";
import { SEVERITIES, many, prose, severity, way } from "./words.js";

/**
 * A text with its findings.
 *
 * @param {{text: string, file: string, findings: Array<Object>}} source as the server shows it
 * @param {{line?: number|null}} [how] the line to show at first
 * @returns {HTMLElement} with `show(line)`, which goes to a line and says so in the address
 */
export function sourceView({ text, file, findings }, { line = null } = {}) {
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  const byLine = Map.groupBy(findings, (finding) => finding.line);
  const state = { here: null, items: [] };
  const show = (number) => shown(state, number);
  state.items = lines.map((each, index) => row(each, index + 1, byLine.get(index + 1) ?? [], show));
  const list = h("ol", { class: "plain plan-lines" }, state.items);
  const bar = h(
    "div",
    { class: "plan-source-bar" },
    h("code", null, file),
    h("span", { class: "small quiet" }, many(lines.length, "line")),
    copyButton(text, "Copy the text"),
  );
  const scroll = h(
    "div",
    { class: "plan-source-text", role: "region", tabIndex: 0, "aria-label": `Text of ${file}` },
    list,
  );
  const node = h("div", { class: "plan-source" }, bar, scroll);
  if (line) queueMicrotask(() => requestAnimationFrame(() => marked(state, line)));
  return Object.assign(node, { show });
}

/** Where a link to a line leads, without leaving the view. */
export function lineLink(number, show, ...children) {
  const url = new URL(location.href);
  url.searchParams.set("line", number);
  const go = (event) => {
    event.preventDefault();
    show(number);
  };
  return h("a", { href: url.pathname + url.search, onclick: go }, children);
}

function shown(state, number) {
  setQuery({ line: String(number) });
  marked(state, number);
  state.items[number - 1]?.querySelector("a")?.focus({ preventScroll: true });
}

function marked(state, number) {
  state.here?.classList.remove("plan-line-here");
  state.here = state.items[number - 1] ?? null;
  state.here?.classList.add("plan-line-here");
  state.here?.scrollIntoView({ block: "center" });
}

function row(text, number, found, show) {
  const [worst] = found.map((each) => each.severity).sort();
  const link = lineLink(number, show, number);
  link.setAttribute("aria-label", `Line ${number}`);
  link.classList.add("plan-line-number");
  const code = h("code", { class: "plan-line-text" }, coloured(text, found));
  const told = found.map((finding) => note(finding, show));
  return h(
    "li",
    { class: ["plan-line", worst && `plan-line-${worst}`], id: `line-${number}` },
    h("div", { class: "plan-line-row" }, link, code),
    told,
  );
}

/** The text; from the finding's column on, its word is marked. */
function coloured(text, found) {
  const [first] = found;
  const pieces = parts(text);
  if (!first || text.length < first.column) return pieces.map(piece);
  const from = first.column - 1;
  const word = /^[^\s,}\]]+/.exec(text.slice(from))?.[0] ?? " ";
  const mark = `plan-squiggle tone-${SEVERITIES[first.severity].tone}`;
  return cut(pieces, from, from + word.length).map((each) => piece(each, each.marked ? mark : ""));
}

function piece({ text, kind }, extra = "") {
  if (!kind && !extra) return text;
  return h("span", { class: [kind && `plan-yaml-${kind}`, extra] }, text);
}

function note(finding, show) {
  const { icon: drawn, tone, word } = SEVERITIES[finding.severity];
  return h(
    "div",
    { class: `plan-note tone-${tone}` },
    icon(drawn),
    h(
      "div",
      null,
      h("p", null, h("strong", null, `${word}: `), prose(finding.message)),
      details(finding, show),
    ),
  );
}

/** What to do about a finding, and the way on which it shows. */
function details({ hint, witness, code }, show) {
  const step = ({ phase, line }) =>
    line ? lineLink(line, show, h("code", null, phase)) : h("code", null, phase);
  return [
    hint ? h("p", { class: "small" }, icon("right"), " ", prose(hint)) : null,
    witness.length > 1 ? way(witness, step) : null,
    h("p", { class: "small quiet" }, h("code", null, code)),
  ];
}

/**
 * Findings as a list, each with a link to its line.
 *
 * @param {Array<Object>} findings
 * @param {function(number): void} show goes to a line
 * @param {{brief?: boolean}} [how] `brief`: without what stands at the line anyway
 */
export function findingsList(findings, show, { brief = false } = {}) {
  const items = findings.map((finding) =>
    h(
      "li",
      null,
      severity(finding.severity),
      h(
        "div",
        { class: "plan-finding" },
        h("p", null, prose(finding.message), " ", lineLink(finding.line, show, placeOf(finding))),
        brief ? null : details(finding, show),
      ),
    ),
  );
  const names = ["plain", "plan-findings", brief && "plan-findings-brief"];
  return h("ul", { class: names, "aria-label": "What was found" }, items);
}

function placeOf({ line, column }) {
  return `line ${line}, column ${column}`;
}
