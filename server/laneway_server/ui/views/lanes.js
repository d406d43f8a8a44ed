/**
 * The lanes: who holds each, since when, and what it waits for; those that wait for a person first.
 */

import { get } from "../lib/api.js";
import { empty, problemNotice } from "../lib/notices.js";
import { clear, h, patchList, replace, set, setText } from "../lib/dom.js";
import { go, setQuery } from "../lib/router.js";
import { figure, laneText } from "../lib/words.js";
import { follower } from "./lanes/follow.js";
import { ATTENTION, GROUPS, groupOf, row, updateRow } from "./lanes/row.js";

const FIRST = 40; // rows that are there before anything else is done
const SLICE = 100; // rows that are built at once after them, when there is nothing else to do
const FILTERS = [
  { id: "all", label: "All", has: () => true },
  { id: "person", label: "Need a person", has: (lane) => groupOf(lane) === "person" },
  { id: "busy", label: "Busy", has: (lane) => lane.busy || lane.running_shared > 0 },
  { id: "queued", label: "With a queue", has: (lane) => lane.queued > 0 },
  { id: "frozen", label: "Frozen", has: (lane) => lane.frozen },
];

/** See `Visit` in lib/router.js. */
export async function view({ query, signal, outlet, setTitle }) {
  setTitle("Lanes");
  const page = pageOf(query);
  page.onChange = () => draw(page);
  const follow = follower({ get, signal, known: page.lanes, onLanes: (lanes, gone) => taken(page, lanes, gone) });
  await follow.first();
  follow.rest().catch((problem) => replace(page.trouble, problemNotice(problem)));
  if (!signal.aborted) replace(outlet, page.head, page.trouble, page.groups);
  signal.addEventListener("abort", () => page.slices.abort(), { once: true });
}

function pageOf(query) {
  const wanted = { filter: query.get("show") ?? "all", text: query.get("q") ?? "" };
  const page = { lanes: new Map(), wanted, trouble: h("div"), groups: h("div", { class: "lanes-groups" }), slices: new AbortController() };
  const said = h("p", { class: "quiet", role: "status" });
  const chips = FILTERS.map((filter) => chip(filter, page));
  const search = h("input", {
    type: "search",
    value: wanted.text,
    placeholder: "Find a lane",
    "aria-label": "Find a lane",
    oninput: () => change(page, { text: search.value.trim() }),
  });
  const tools = h("div", { class: "lanes-tools" }, search, h("div", { class: "lanes-filters", role: "group", "aria-label": "Which lanes" }, chips.map((each) => each.node)));
  const head = h("div", { class: "stack" }, h("div", { class: "view-head" }, h("div", null, h("h1", null, "Lanes"), said)), tools);
  const lists = new Map(Object.entries(GROUPS).map(([id, title]) => [id, group(title)]));
  replace(page.groups, [...lists.values()].map((each) => each.node));
  return Object.assign(page, { head, said, chips, lists, none: h("div") });
}

function chip(filter, page) {
  const count = h("span", { class: "count" });
  const node = h("button", { type: "button", onclick: () => change(page, { filter: filter.id }) }, filter.label, count);
  return { filter, node, count };
}

function group(title) {
  const count = h("span", { class: "count" });
  const list = h("ul", { class: "lanes-list" });
  const node = h("section", { class: "lanes-group", hidden: true }, h("h2", null, title, count), list);
  return { node, list, count };
}

function change(page, wanted) {
  Object.assign(page.wanted, wanted);
  setQuery({ q: page.wanted.text, show: page.wanted.filter === "all" ? null : page.wanted.filter });
  draw(page);
}

/** Take what was loaded, and (gone) what is there no more. */
function taken(page, lanes, gone = []) {
  for (const lane of lanes) page.lanes.set(laneText(lane.lane), lane);
  for (const name of gone) page.lanes.delete(name);
  clear(page.trouble);
  draw(page);
}

// --- drawing --------------------------------------------------------------------------------------

function draw(page) {
  page.slices.abort();
  page.slices = new AbortController();
  const all = [...page.lanes.values()];
  const text = page.wanted.text.toLowerCase();
  const found = text ? all.filter(({ lane }) => laneText(lane).toLowerCase().includes(text)) : all;
  for (const { filter, node, count } of page.chips) {
    set(node, { "aria-pressed": String(page.wanted.filter === filter.id) });
    setText(count, figure(found.filter(filter.has).length));
  }
  const { has } = FILTERS.find(({ id }) => id === page.wanted.filter) ?? FILTERS[0];
  setText(page.said, summary(all));
  drawGroups(page, found.filter(has));
}

function summary(all) {
  const busy = all.filter((lane) => lane.busy).length;
  const person = all.filter((lane) => groupOf(lane) === "person").length;
  const parts = [all.length === 1 ? "1 lane" : `${figure(all.length)} lanes`];
  if (busy) parts.push(`${figure(busy)} busy`);
  if (person) parts.push(person === 1 ? "1 needs a person" : `${figure(person)} need a person`);
  return parts.join(" · ");
}

function drawGroups(page, shown) {
  const sorted = Map.groupBy ? Map.groupBy(shown, groupOf) : grouped(shown);
  let room = FIRST;
  const later = [];
  for (const [id, { node, list, count }] of page.lists) {
    const lanes = (sorted.get(id) ?? []).toSorted(id === "person" ? urgent : byName);
    node.hidden = lanes.length === 0;
    setText(count, figure(lanes.length));
    const there = Math.max(room, list.childElementCount);
    patch(list, lanes.slice(0, there));
    room = Math.max(0, room - lanes.length);
    if (lanes.length > there) later.push({ list, lanes, there });
  }
  nothing(page, shown);
  inSlices(later, page.slices.signal);
}

const idle = window.requestIdleCallback ?? ((then) => setTimeout(then, 30));

/** What is far below is built when the browser has painted what is above. */
async function inSlices(later, signal) {
  for (const { list, lanes, there } of later) {
    for (let to = there + SLICE; to < lanes.length + SLICE; to += SLICE) {
      await new Promise((resolve) => idle(resolve, { timeout: 500 }));
      if (signal.aborted) return;
      patch(list, lanes.slice(0, to));
    }
  }
}

function patch(list, lanes) {
  patchList(list, lanes, (each) => laneText(each.lane), row, updateRow);
}

function nothing(page, shown) {
  page.none.remove();
  if (shown.length) return;
  const none = page.lanes.size === 0;
  const text = none ? "There is no lane that you may read." : "No lane is like that.";
  const all = h("button", { type: "button", onclick: () => go("/") }, "Show all lanes");
  page.none = empty(text, none ? null : all);
  page.groups.append(page.none);
}

function grouped(lanes) {
  const groups = new Map();
  for (const lane of lanes) groups.set(groupOf(lane), [...(groups.get(groupOf(lane)) ?? []), lane]);
  return groups;
}

function byName(one, other) {
  return order(laneText(one.lane), laneText(other.lane));
}

function order(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Unknown outcomes first, then whoever waits longest. */
function urgent(one, other) {
  const rank = (lane) => ATTENTION.indexOf(lane.holder.status);
  return rank(one) - rank(other) || order(one.holder.since, other.holder.since) || byName(one, other);
}
