/**
 * A log to be read: numbered lines, search, wrapping; a huge one comes in slices. See components.js.
 */

import { h, replace } from "./dom.js";
import { copyButton } from "./bits.js";
import { marked } from "./json.js";
import { figure } from "./words.js";

const SLICE = 500; // lines that are built at once
const MOST_HITS = 2_000; // lines that a search shows

/**
 * A log.
 *
 * @param {string} text
 * @param {{label?: string}} [how] `label`: what it is a log of
 * @returns {HTMLElement}
 */
export function logView(text, { label = "Log" } = {}) {
  const lines = split(text);
  const list = h("ol", { class: "log-lines", tabIndex: 0, "aria-label": label });
  const said = h("span", { class: "small quiet", role: "status" }, many(lines.length));
  const search = h("input", { type: "search", placeholder: "Search", "aria-label": `Search in ${label}` });
  const wrap = h("input", { type: "checkbox", checked: true });
  const bar = h("div", { class: "log-bar" }, search, h("label", { class: "check" }, wrap, "Wrap"), said, copyButton(text, "Copy the log"));
  const node = h("div", { class: "log log-wraps" }, bar, list);
  wrap.addEventListener("change", () => node.classList.toggle("log-wraps", wrap.checked));
  search.addEventListener("input", () => draw(list, said, lines, search.value.trim().toLowerCase()));
  draw(list, said, lines, "");
  return node;
}

function split(text) {
  const lines = String(text).replaceAll(/\r\n?/g, "\n").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, index) => ({ number: index + 1, line: plain(line) }));
}

/** Terminals' colours are not for reading. */
function plain(line) {
  // eslint-disable-next-line no-control-regex
  return line.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
}

function many(count) {
  return count === 1 ? "1 line" : `${figure(count)} lines`;
}

function draw(list, said, lines, wanted) {
  const found = wanted ? lines.filter(({ line }) => line.toLowerCase().includes(wanted)) : lines;
  said.textContent = wanted ? `${figure(found.length)} of ${many(lines.length)}` : many(lines.length);
  replace(list);
  more(list, wanted ? found.slice(0, MOST_HITS) : found, wanted, 0);
}

/** Append a slice, and a button for the next; it is pressed by itself when it comes into sight. */
function more(list, lines, wanted, from) {
  list.append(...lines.slice(from, from + SLICE).map((each) => row(each, wanted)));
  const next = from + SLICE;
  if (next >= lines.length) return;
  const go = () => {
    seen.disconnect();
    item.remove();
    more(list, lines, wanted, next);
  };
  const button = h("button", { type: "button", onclick: go }, `Next ${many(Math.min(SLICE, lines.length - next))}`);
  const item = h("li", { class: "log-more" }, button);
  const seen = new IntersectionObserver(([entry]) => entry.isIntersecting && go(), { root: list, rootMargin: "400px" });
  list.append(item);
  seen.observe(item);
}

function row({ number, line }, wanted) {
  return h("li", { value: number }, h("span", { class: "log-number", "aria-hidden": "true" }, number), h("span", { class: "log-text" }, marked(line, wanted)));
}
