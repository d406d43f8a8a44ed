/**
 * A JSON value to be read: folded where it is large, and searchable. See components.js.
 */

import { h, replace } from "./dom.js";
import { copyButton } from "./bits.js";

const FOLDED = 3; // depth from which on it is folded
const MANY = 12; // entries from which on it is folded, below the first level
const SEARCHED = 8; // entries from which on it is worth a search

/**
 * A JSON value as a tree.
 *
 * @param {*} value
 * @param {{search?: boolean, open?: number}} [how] `search`: with a search field (left out: where
 *   there is much to search); `open`: levels that are unfolded at first
 * @returns {HTMLElement}
 */
export function json(value, { search, open = FOLDED } = {}) {
  const text = JSON.stringify(value, null, 2) ?? "null";
  const large = search ?? text.split("\n").length > SEARCHED * 2;
  const tree = h("div", { class: "json-tree", tabIndex: 0, role: "group", "aria-label": "JSON" });
  const draw = (wanted) => replace(tree, branch(null, value, 0, { open, wanted }));
  draw("");
  const field = large ? searchField((wanted) => draw(wanted)) : null;
  const bar = h("div", { class: "json-bar" }, field, copyButton(text, "Copy as JSON"));
  return h("div", { class: "json" }, bar, tree);
}

function searchField(onSearch) {
  return h("input", {
    type: "search",
    placeholder: "Search",
    "aria-label": "Search in this document",
    oninput: (event) => onSearch(event.target.value.trim().toLowerCase()),
  });
}

function branch(name, value, depth, how) {
  if (value === null || typeof value !== "object") return leaf(name, value, how.wanted);
  const entries = Object.entries(value);
  const [left, right] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (!entries.length) return h("div", { class: "json-leaf" }, label(name, how.wanted), left, right);
  const found = how.wanted !== "" && contains(value, how.wanted);
  const open = found || (depth < how.open && (depth === 0 || entries.length <= MANY));
  const count = `${entries.length} ${entries.length === 1 ? "entry" : "entries"}`;
  const summary = h("summary", null, label(name, how.wanted), h("span", { class: "quiet" }, `${left} ${count} ${right}`));
  const node = h("details", { open }, summary);
  const fill = () =>
    node.append(h("div", { class: "json-entries" }, entries.map(([key, each]) => branch(key, each, depth + 1, how))));
  // What is folded is built when it is unfolded: there may be very much of it.
  if (open) fill();
  else node.addEventListener("toggle", fill, { once: true });
  return node;
}

function leaf(name, value, wanted) {
  const kind = value === null ? "null" : typeof value;
  const text = kind === "string" ? value : String(value);
  return h("div", { class: "json-leaf" }, label(name, wanted), h("span", { class: `json-${kind}` }, marked(text, wanted)));
}

function label(name, wanted) {
  return name === null ? null : h("span", { class: "json-key" }, marked(name, wanted), ": ");
}

function contains(value, wanted) {
  if (value === null || typeof value !== "object") return String(value).toLowerCase().includes(wanted);
  return Object.entries(value).some(
    ([name, each]) => name.toLowerCase().includes(wanted) || contains(each, wanted),
  );
}

/** A text with what was searched for marked in it. */
export function marked(text, wanted) {
  if (!wanted) return text;
  const parts = [];
  const low = text.toLowerCase();
  let at = 0;
  for (let next = low.indexOf(wanted); next >= 0; next = low.indexOf(wanted, at)) {
    parts.push(text.slice(at, next), h("mark", null, text.slice(next, next + wanted.length)));
    at = next + wanted.length;
  }
  return [...parts, text.slice(at)];
}
