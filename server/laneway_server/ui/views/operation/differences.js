/**
 * What was expected and what was found, as differences: what a proof holds against the record.
 */

import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { spoken } from "../../lib/words.js";

const NOTHING = "(nothing)";
const LONGEST = 2_000; // characters of a value that are compared letter by letter

/**
 * A table of differences, those that do not hold first.
 *
 * @param {string} caption
 * @param {Array<{name: string, expected: *, found: *, held: boolean|null, why?: string}>} rows
 *   values are texts, lists of texts, or undefined where that is not known; `held` null: not asked
 * @returns {HTMLElement}
 */
export function differences(caption, rows) {
  const ordered = [...rows].sort((a, b) => rank(a) - rank(b));
  const head = h("tr", null, ["What", "Record and real system", "Result"].map(heading));
  const wrong = rows.filter((row) => row.held === false).length;
  return h(
    "table",
    { class: "op-differences" },
    h("caption", null, caption, " ", count(wrong, rows.length)),
    h("thead", { class: "visually-hidden" }, head),
    h("tbody", null, ordered.map(line)),
  );
}

function rank({ held }) {
  return held === false ? 0 : 1;
}

function heading(text) {
  return h("th", { scope: "col" }, text);
}

function count(wrong, all) {
  const text = wrong ? `${wrong} of ${all} differ` : `all ${all} as expected`;
  return h("span", { class: ["op-count", wrong ? "tone-bad" : "tone-good"] }, text);
}

function line(row) {
  return h(
    "tr",
    { class: row.held === false ? "op-differs" : null },
    h("th", { scope: "row" }, spoken(row.name)),
    h("td", null, values(row), row.why ? h("p", { class: "small quiet" }, row.why) : null),
    h("td", { class: "op-result" }, result(row.held)),
  );
}

/** ✓ or ✗ with a word that everybody gets. */
export function result(held) {
  if (held === null || held === undefined) return h("span", { class: "quiet" }, "not asked");
  const [name, word, tone] = held ? ["check", "holds", "good"] : ["close", "differs", "bad"];
  return h("span", { class: `op-held tone-${tone}` }, icon(name), word);
}

function values({ expected, found, held }) {
  const wanted = items(expected);
  const seen = items(found);
  if (held !== false) return [...(seen.length ? seen : wanted)].map((text) => part("same", text));
  if (Array.isArray(expected) || Array.isArray(found)) return sets(wanted, seen);
  return pair(wanted[0] ?? NOTHING, seen[0] ?? NOTHING);
}

function items(value) {
  if (value === undefined || value === null || value === "") return [];
  const list = Array.isArray(value) ? value : [value];
  return list.map((each) => (typeof each === "string" ? each : JSON.stringify(each)));
}

/** Lists are compared as sets: their order means nothing. */
function sets(wanted, seen) {
  return [
    wanted.filter((each) => !seen.includes(each)).map((each) => part("removed", each)),
    seen.filter((each) => !wanted.includes(each)).map((each) => part("added", each)),
    wanted.filter((each) => seen.includes(each)).map((each) => part("same", each)),
  ];
}

/** Two texts, with what is different in them marked. */
function pair(wanted, seen) {
  const [before, after] = common(wanted, seen);
  const shown = (text) => [
    text.slice(0, before),
    h("mark", null, text.slice(before, text.length - after)),
    text.slice(text.length - after),
  ];
  return [part("removed", shown(wanted)), part("added", shown(seen))];
}

/** How many characters two texts share at their beginning, and then at their end. */
function common(a, b) {
  const most = Math.min(a.length, b.length, LONGEST);
  let before = 0;
  while (before < most && a[before] === b[before]) before += 1;
  let after = 0;
  while (after < most - before && a.at(-1 - after) === b.at(-1 - after)) after += 1;
  return [before, after];
}

const SIGNS = {
  removed: ["−", "expected: ", "del"],
  added: ["+", "found: ", "ins"],
  same: [" ", "", "span"],
};

function part(kind, text) {
  const [sign, word, tag] = SIGNS[kind];
  return h(
    tag,
    { class: `op-diff op-diff-${kind}` },
    h("span", { class: "op-sign", "aria-hidden": "true" }, sign),
    h("span", { class: "visually-hidden" }, word),
    h("span", { class: "op-diff-text" }, text),
  );
}
