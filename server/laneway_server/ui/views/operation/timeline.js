/**
 * The timeline: every phase that was reached, in the order in which that happened, with a strip
 * that shows when each ran; and those that were not reached.
 */

import { operationLink } from "../../lib/components.js";
import { h, patchList, replace, set, setText } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { duration, now } from "../../lib/time.js";
import { phaseTitle } from "../../lib/words.js";
import { rowOf } from "./phase-row.js";
import { scaleOf } from "./scale.js";
import { slot } from "./slot.js";
import { axisOf, drawAxis, drawTrack, trackOf } from "./track.js";

const PACE = 1_000; // ms between two drawings of what goes on

/**
 * The timeline of an operation.
 *
 * @param {AbortSignal} signal ends what moves
 * @returns {HTMLElement} with `show(operation, course)`
 */
export function timelineOf(signal) {
  const here = { operation: null, course: null, rows: new Map(), folding: true, pointed: false };
  const parts = partsOf(here, () => draw());

  function show(operation, course) {
    Object.assign(here, { operation, course });
    const { reached, ahead } = sorted(operation, course);
    const context = { operation, record: course.target };
    patchList(parts.list, reached, ({ phase }) => phase.name, (item) => made(item), () => {});
    for (const item of reached) here.rows.get(item.phase.name).show(item, context);
    parts.ahead.show(ahead, operation);
    draw();
    pointed(here);
  }

  function made({ phase }) {
    const row = rowOf(phase.name);
    here.rows.set(phase.name, row);
    return row;
  }

  function draw() {
    const { operation, course } = here;
    if (!course?.created) return;
    const end = course.finished ?? Math.max(now(), course.last);
    const scale = scaleOf({ from: course.created, to: end, spans: course.spans(), folding: here.folding });
    drawAxis(parts.axis, scale);
    for (const row of here.rows.values()) row.draw(scale, end);
    extras(parts.extras, here, scale, end);
    parts.controls.show(course, operation, scale, here.folding);
  }

  const timer = setInterval(() => here.course?.moving && !document.hidden && draw(), PACE);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return Object.assign(parts.node, { show });
}

/** An address can point at a phase: `#phase-bootstrap`. Once it is there, it is opened. */
function pointed(here) {
  const row = [...here.rows.values()].find(({ id }) => `#${id}` === location.hash);
  if (here.pointed || !row) return;
  here.pointed = true;
  row.open(true);
  requestAnimationFrame(() => row.scrollIntoView());
}

function partsOf(here, redraw) {
  const list = h("ol", { class: "op-phases", "aria-label": "Phases, in the order in which they were reached" });
  const extra = h("ul", { class: "op-phases op-extras", "aria-label": "Of the operation" });
  const axis = axisOf();
  const ahead = aheadOf();
  const controls = controlsOf(here, redraw);
  const node = h(
    "section",
    { class: "op-timeline card", "aria-labelledby": "op-timeline-title" },
    h("header", { class: "op-card-head" }, h("h2", { id: "op-timeline-title" }, "Timeline"), controls),
    h("div", { class: "op-row op-axis-row", "aria-hidden": "true" }, h("span"), axis, h("span"), h("span")),
    extra,
    list,
    ahead,
  );
  return { node, list, extras: extra, axis, ahead, controls };
}

/** Phases that something has happened in, in that order, each followed by its branches; the rest. */
function sorted(operation, course) {
  const carried = course.accepted?.data.carried ?? {};
  const items = operation.phases.map((phase, place) => ({
    phase,
    place,
    course: course.phase(phase.name),
    carried: phase.name in carried,
  }));
  const reached = items.filter((item) => item.course || item.phase.status !== "pending");
  const firsts = new Map(reached.map((item) => [item.phase.name, item.course?.first ?? 0]));
  const when = ({ phase }) => firsts.get(phase.parent) ?? firsts.get(phase.name);
  reached.sort((a, b) => when(a) - when(b) || a.place - b.place);
  return { reached, ahead: items.filter((item) => !reached.includes(item)) };
}

/** What is no phase: the wait for the lane, and pauses. */
function extras(list, { course, operation }, scale, end) {
  const items = [
    { name: "queue", icon: "queue", words: ["Waits for its lane", "Waited for its lane"], spans: course.queue },
    { name: "paused", icon: "paused", words: ["Paused", "Was paused"], spans: course.paused },
  ].filter(({ spans }) => spans.length);
  list.hidden = !items.length;
  patchList(list, items, ({ name }) => name, extraRow, () => {});
  items.forEach(({ name, words, spans }, index) => {
    const row = list.children[index];
    drawTrack(row.track, spans, scale, end);
    row.took.textContent = duration(lasted(spans, end));
    setText(row.label, spans.at(-1).to === null ? words[0] : words[1]);
    if (name === "queue") row.behind.show(operation.waiting_for);
  });
}

function lasted(spans, end) {
  return spans.reduce((sum, { from, to }) => sum + (to ?? end) - from, 0);
}

function extraRow({ icon: name }) {
  const track = trackOf();
  const took = h("span", { class: "op-took" });
  const title = h("span");
  const status = h("span", { class: "op-status tone-wait" }, icon(name));
  const behind = slot(behindText, { class: "op-sub" });
  const head = h("div", { class: "op-head" }, h("p", { class: "op-extra-title" }, status, title), behind);
  const row = h("div", { class: "op-row" }, head, track, took, h("span"));
  return Object.assign(h("li", { class: "op-phase op-extra" }, row), { track, took, label: title, behind });
}

/** Who holds the lane, and how many come first. */
function behindText(waiting) {
  if (waiting?.kind !== "lane") return null;
  const place = waiting.position ? `place ${waiting.position} in the queue` : null;
  const holder = waiting.operation ? ["behind ", operationLink(waiting.operation)] : null;
  return h("span", null, place, place && holder ? ", " : null, holder);
}

function aheadOf() {
  const list = h("ul", { class: "op-ahead-list" });
  const summary = h("summary");
  const node = h("details", { class: "op-ahead", hidden: true }, summary, list);
  let fresh = true;
  const show = (items, operation) => {
    const over = operation.finished_at !== null;
    node.hidden = !items.length;
    // While it goes on, what may come is worth knowing.
    if (fresh) node.open = !over;
    fresh = false;
    const word = items.length === 1 ? "phase" : "phases";
    replace(summary, `${items.length} ${word} not reached${over ? "" : " yet"}`);
    patchList(list, items, ({ phase }) => phase.name, aheadItem, () => {});
  };
  return Object.assign(node, { show });
}

function aheadItem({ phase }) {
  const kind = phase.action ?? phase.kind;
  return h("li", null, h("span", null, phaseTitle(phase)), " ", h("span", { class: "small quiet mono" }, kind));
}

function controlsOf(here, redraw) {
  const input = h("input", { type: "checkbox" });
  const fold = h("label", { class: "check small", hidden: true }, input, "True to time");
  input.addEventListener("change", () => {
    here.folding = !input.checked;
    redraw();
  });
  const all = (open) => here.rows.forEach((row) => row.open(open));
  const button = (text, open) => h("button", { type: "button", class: "plain small", onclick: () => all(open) }, text);
  const node = h("div", { class: "row row-wide" }, fold, button("Expand all", true), button("Collapse all", false));
  const show = (course, operation, scale, folding) => {
    set(fold, { hidden: !scale.folds.length && folding });
  };
  return Object.assign(node, { show });
}
