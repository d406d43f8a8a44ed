/**
 * Addresses and views: links within the page change the view without loading the page anew, and
 * every view has an address that can be shared.
 */

import { Offline } from "./api.js";
import { empty, problemNotice, spinner } from "./notices.js";
import { h, replace } from "./dom.js";

const TITLES = { 403: "Not allowed", 404: "Not found", 410: "No longer there" };
const PATIENCE = 150; // ms before it is said that something is loading
const routes = [];
const scrolls = new Map();
const entered = new Set();
const here = { outlet: null, abort: null, title: "", key: null };

/**
 * A view builds itself into `outlet` and ends what it began when `signal` is aborted.
 *
 * @typedef {Object} Visit
 * @property {Object<string, string>} params of the pattern, decoded
 * @property {URLSearchParams} query
 * @property {AbortSignal} signal aborted when the reader goes elsewhere
 * @property {HTMLElement} outlet empty, to be filled
 * @property {string} title what the tab is called before the view says something better
 * @property {function(string): void} setTitle names the browser's tab
 */

/**
 * Say which view an address has.
 *
 * @param {string} pattern such as "/plans/:name"
 * @param {function(Visit): Promise<void>|void} view may throw Problem and Offline
 */
export function route(pattern, view) {
  routes.push({ parts: pattern.split("/"), view });
}

/** Be told of every visit that begins, by its URL. */
export function onVisit(listener) {
  entered.add(listener);
}

/** Show the view of the current address in `outlet`, and of every one that comes. */
export function startRouter(outlet) {
  here.outlet = outlet;
  history.scrollRestoration = "manual";
  document.addEventListener("click", clicked);
  window.addEventListener("popstate", () => visit({ back: true }));
  window.addEventListener("scroll", () => scrolls.set(here.key, window.scrollY), { passive: true });
  return visit({ first: true });
}

/**
 * Go to an address of the page.
 *
 * @param {string} href
 * @param {{replace?: boolean}} [how] `replace`: the way back skips the current address
 */
export function go(href, { replace: instead = false } = {}) {
  const state = { key: crypto.randomUUID() };
  if (instead) history.replaceState(state, "", href);
  else history.pushState(state, "", href);
  return visit({});
}

/** Change the query of the current address without visiting it anew; null takes a name out. */
export function setQuery(changes) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  history.replaceState(history.state, "", url);
  for (const listener of entered) listener(url);
}

/** Show the view of the current address anew. */
export function reload() {
  return visit({ back: true });
}

/** The route of a path and its parameters, or null. */
export function matched(path) {
  for (const { parts, view } of routes) {
    const params = fitted(parts, path.split("/"));
    if (params) return { view, params };
  }
  return null;
}

function fitted(parts, given) {
  if (parts.length !== given.length) return null;
  const params = {};
  for (const [index, part] of parts.entries()) {
    if (!part.startsWith(":")) {
      if (part !== given[index]) return null;
    } else if (given[index] === "") return null;
    else params[part.slice(1)] = decoded(given[index]);
  }
  return params;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function clicked(event) {
  const link = event.target.closest?.("a[href]");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
  if (!link || !plain || event.altKey || event.defaultPrevented) return;
  const url = new URL(link.href, location.href);
  const ours = url.origin === location.origin && !link.target && !link.hasAttribute("download");
  if (!ours || link.getAttribute("href").startsWith("#") || !matched(url.pathname)) return;
  event.preventDefault();
  go(url.pathname + url.search + url.hash, { replace: url.href === location.href });
}

// --- visiting -------------------------------------------------------------------------------------

async function visit({ back = false, first = false }) {
  here.abort?.abort();
  const abort = new AbortController();
  here.abort = abort;
  const url = new URL(location.href);
  if (!history.state?.key) history.replaceState({ key: crypto.randomUUID() }, "");
  here.key = history.state.key;
  const scroll = scrolls.get(here.key) ?? 0;
  for (const listener of entered) listener(url);
  const patience = first ? null : setTimeout(() => shown(abort, spinner("Loading")), PATIENCE);
  const outlet = h("div", { class: "view" });
  await built(outlet, url, abort.signal);
  clearTimeout(patience);
  if (abort.signal.aborted) return;
  if (here.outlet.firstChild !== outlet) shown(abort, outlet);
  window.scrollTo(0, back ? scroll : 0);
  if (!first) focusHeading(outlet);
}

function shown(abort, content) {
  if (!abort.signal.aborted) replace(here.outlet, content);
}

async function built(outlet, url, signal) {
  const found = matched(url.pathname) ?? { view: missing, params: {} };
  const { view, params } = found;
  setTitle("");
  try {
    await view({ params, query: url.searchParams, signal, outlet, title: here.title, setTitle });
  } catch (error) {
    if (!signal.aborted) failed(outlet, error);
  }
}

function setTitle(text) {
  here.title = text;
  document.title = text ? `${text} · Laneway` : "Laneway";
}

function missing({ outlet }) {
  setTitle("Not found");
  const back = h("a", { class: "button", href: "/" }, "To the lanes");
  replace(outlet, h("h1", null, "Nothing is here"), empty("The page has no such address.", back));
}

/** What is shown in the place of a view that could not be built. */
function failed(outlet, error) {
  if (!(error instanceof Offline) && !error.status) console.error(error);
  const title = TITLES[error.status] ?? (error instanceof Offline ? "Out of reach" : "That did not work");
  setTitle(title);
  const again = h("button", { type: "button", onclick: () => reload() }, "Try again");
  const back = h("a", { class: "button", href: "/" }, "To the lanes");
  replace(outlet, h("h1", null, title), problemNotice(error), h("p", { class: "row" }, again, back));
}

/** Whoever cannot see that the view has changed hears its heading. */
function focusHeading(outlet) {
  const heading = outlet.querySelector("h1");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}
