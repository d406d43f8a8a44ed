/**
 * Every event, as it was written: a list to filter and to unfold, built in slices.
 */

import { json, person, spinner } from "../../lib/components.js";
import { h, replace, setText } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { utc } from "../../lib/time.js";
import { looks, told } from "./story.js";

const SLICE = 150; // events that are built at once
const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3,
});
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

/** @returns {HTMLElement} with `show(operation, history)` */
export function eventsOf() {
  const here = { operation: null, history: null, wanted: "", only: "", read: 0, found: [], built: 0 };
  const parts = partsOf();
  const seen = new IntersectionObserver((entries) => entries.at(-1).isIntersecting && more(), { rootMargin: "600px" });
  seen.observe(parts.more);

  function show(operation, history) {
    Object.assign(here, { operation, history });
    take();
  }

  /** Go on reading where it was left off. */
  function take() {
    const all = here.history.events;
    for (; here.read < all.length; here.read += 1) {
      if (fits(all[here.read], here)) here.found.push(all[here.read]);
    }
    say();
    if (here.built < SLICE || visible(parts.more)) more();
  }

  function more() {
    const next = here.found.slice(here.built, here.built + SLICE);
    parts.list.append(...next.map((event) => line(event, here)));
    here.built += next.length;
    say();
    // Where the end is still in sight, that is to be noticed again.
    seen.unobserve(parts.more);
    seen.observe(parts.more);
  }

  function say() {
    const all = here.history.events.length;
    const rest = here.found.length - here.built;
    const narrowed = here.wanted || here.only;
    setText(parts.said, narrowed ? `${here.found.length} of ${all} events` : `${all} events`);
    parts.more.hidden = rest === 0 && here.history.complete;
    setText(parts.button, `Show ${Math.min(SLICE, rest)} more`);
    parts.button.hidden = rest === 0;
    parts.busy.hidden = here.history.complete;
  }

  function again() {
    Object.assign(here, { wanted: parts.search.value.trim().toLowerCase(), only: parts.kinds.value, read: 0, found: [], built: 0 });
    replace(parts.list);
    take();
  }

  parts.search.addEventListener("input", again);
  parts.kinds.addEventListener("change", again);
  parts.button.addEventListener("click", more);
  return Object.assign(parts.node, { show });
}

function visible(node) {
  const { top } = node.getBoundingClientRect();
  return node.isConnected && top < window.innerHeight + 600;
}

const KINDS = [
  ["", "All events"],
  ["people", "What people did"],
  ["phase", "Phases"],
  ["failure", "What went wrong"],
];

function partsOf() {
  const search = h("input", { type: "search", placeholder: "Search", "aria-label": "Search in the events" });
  const options = KINDS.map(([value, text]) => h("option", { value }, text));
  const kinds = h("select", { "aria-label": "Which events" }, options);
  const said = h("span", { class: "small quiet", role: "status" });
  const list = h("ol", { class: "op-events", "aria-label": "Events" });
  const button = h("button", { type: "button" });
  const busy = h("div", null, spinner("Loading events"));
  const more = h("div", { class: "op-events-more" }, button, busy);
  const bar = h("div", { class: "op-events-bar" }, search, kinds, said);
  const node = h("section", { class: "card", "aria-labelledby": "op-events-title" }, h("h2", { id: "op-events-title" }, "Events"), bar, list, more);
  return { node, search, kinds, said, list, button, busy, more };
}

function fits(event, { wanted, only, operation }) {
  if (only === "people" && event.actor.kind !== "caller") return false;
  if (only === "phase" && !event.phase) return false;
  if (only === "failure" && !event.data.failure) return false;
  if (!wanted) return true;
  const text = `${event.seq} ${event.type} ${told(event, operation)} ${JSON.stringify(event.data)}`;
  return text.toLowerCase().includes(wanted);
}

function line(event, { operation }) {
  const [tone, name] = looks(event);
  const at = new Date(event.at);
  const title = `${day.format(at)} · ${utc(event.at)}`;
  const summary = h(
    "summary",
    null,
    h("span", { class: "op-event-seq" }, event.seq),
    h("time", { datetime: event.at, title, class: "op-event-at" }, clock.format(at)),
    h("span", { class: `op-event-icon tone-${tone}` }, icon(name)),
    h("span", { class: "op-event-told" }, told(event, operation)),
    h("code", { class: "op-event-type" }, event.type),
  );
  const node = h("details", null, summary);
  node.addEventListener("toggle", () => node.append(whole(event)), { once: true });
  return h("li", { value: event.seq }, node);
}

function whole(event) {
  const who = h("p", { class: "small quiet" }, "By ", person(event.actor), ` · ${utc(event.at)}`);
  return h("div", { class: "op-event-body" }, who, json(event, { search: false, open: 2 }));
}
