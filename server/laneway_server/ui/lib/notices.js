/**
 * What the page says to its reader: notices, problems, nothing here, something is loading. See
 * components.js.
 */

import { Offline, Problem, expected } from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

const ICONS = { info: "info", good: "pass", wait: "waiting", alarm: "unknown", bad: "fail" };
const SHOWN = 6_000; // ms of a toast

/** That there is nothing, why, and (children) what to do about it. */
export function empty(text, ...children) {
  return h("div", { class: "empty" }, h("p", null, text), children);
}

/** That something is under way. */
export function spinner(text = "Loading") {
  return h("p", { class: "spinner", role: "status" }, icon("running"), text, "…");
}

/**
 * Something that is to be noticed.
 *
 * @param {"info"|"good"|"wait"|"alarm"|"bad"} kind
 * @param {string} title
 * @param {...*} children
 */
export function notice(kind, title, ...children) {
  const body = h("div", { class: "notice-body" }, h("p", { class: "notice-title" }, title), children);
  return h("section", { class: `notice notice-${kind}` }, icon(ICONS[kind] ?? "info"), body);
}

/**
 * Why something was not done.
 *
 * @param {Error} problem a Problem, Offline, or a mistake of the page's own
 * @returns {HTMLElement} is read out at once
 */
export function problemNotice(problem) {
  const node = noticeOf(problem);
  node.setAttribute("role", "alert");
  return node;
}

/**
 * Say above the view, until the page is loaded anew, that the page itself went wrong: what it shows
 * may stand still. It is said once; what can happen to any request is no mistake of the page's.
 */
export function tellMistake(error) {
  if (!(error instanceof Error) || expected(error) || document.getElementById("mistake")) return;
  const stale = h("p", null, "What is shown may be out of date. Whatever runs goes on without the page.");
  const again = h("button", { type: "button", onclick: () => location.reload() }, "Load the page anew");
  const node = problemNotice(error);
  node.id = "mistake";
  node.classList.add("mistake");
  node.querySelector(".notice-body").append(stale, h("p", { class: "row" }, again));
  document.getElementById("main").before(node);
}

function noticeOf(problem) {
  if (problem instanceof Offline) {
    return notice("bad", problem.message, h("p", null, "Whatever runs goes on without the page."));
  }
  if (!(problem instanceof Problem)) {
    return notice("bad", "Something went wrong in the page", h("p", null, String(problem.message)));
  }
  return notice("bad", problem.title, told(problem));
}

function told(problem) {
  const errors = problem.errors.map(({ path, message }) =>
    h("li", null, path ? h("code", null, path) : null, path ? " " : null, message),
  );
  return [
    problem.detail && problem.detail !== problem.title ? h("p", null, problem.detail) : null,
    errors.length ? h("ul", { class: "plain" }, errors) : null,
    blocking(problem.operation),
    meaning(problem),
  ];
}

function blocking(operation) {
  const id = typeof operation === "string" ? operation : operation?.id;
  if (!id) return null;
  const link = h("a", { href: `/operations/${encodeURIComponent(id)}`, class: "mono" }, id);
  return h("p", null, "The operation: ", link);
}

function meaning({ code, trace_id: trace, retryAfter }) {
  const href = `/problems/${encodeURIComponent(code)}`;
  const about = h("a", { href, target: "_blank", rel: "noopener" }, "What this means");
  const later = retryAfter ? ` · try again in ${retryAfter} s` : "";
  const id = trace ? [" · trace ", h("code", null, trace)] : null;
  return h("p", { class: "small quiet" }, about, later, id);
}

/** Say something in passing; it is read out politely, and goes away. */
export function toast(text) {
  const place = document.getElementById("toasts");
  const node = h("p", { class: "toast" }, text);
  place.append(node);
  setTimeout(() => node.remove(), SHOWN);
}
