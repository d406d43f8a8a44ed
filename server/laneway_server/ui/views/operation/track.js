/**
 * The strip of a row: when the phase ran, waited, was tried again; drawn on a scale.
 */

import { h, patchList, set } from "../../lib/dom.js";
import { duration } from "../../lib/time.js";
import { statusWord } from "../../lib/words.js";

const MANY = 60; // spans from which on those that are next to each other become one
const NARROW = 0.004; // of the strip: what is narrower cannot be told apart

const KINDS = {
  work: "Attempt",
  recover: "Finding out what became of attempt",
  retry: "Until the next attempt",
  approval: "Waited for people",
  wait: "Waited",
  group: "All branches",
  unknown: "Outcome unknown",
  queue: "Waited for the lane",
  paused: "Paused",
};

/** An empty strip; nothing of it is read out: what it shows is said in words beside it. */
export function trackOf() {
  const folds = h("span", { class: "op-folds" });
  const bars = h("span", { class: "op-bars" });
  return Object.assign(h("div", { class: "op-track", "aria-hidden": "true" }, folds, bars), { folds, bars });
}

/**
 * Draw spans.
 *
 * @param {HTMLElement} track
 * @param {Array<Object>} spans see course.js
 * @param {Object} scale see scale.js
 * @param {number} end where spans that still last end: milliseconds since 1970
 */
export function drawTrack(track, spans, scale, end) {
  const placed = spans.map((span, index) => place(span, index, scale, end));
  patchList(track.bars, placed.length > MANY ? merged(placed) : placed, keyOf, create, update);
  patchList(track.folds, scale.folds, (fold) => fold.text + fold.from.toFixed(2), fold, update);
}

function place(span, index, scale, end) {
  const to = span.to ?? end;
  return { span, index, from: scale.at(span.from), to: scale.at(to), text: textOf(span, to) };
}

function textOf(span, to) {
  const number = span.attempt && span.kind !== "retry" ? ` ${span.attempt}` : "";
  const end = span.status ? `, ${statusWord(span.status).toLowerCase()}` : "";
  return `${KINDS[span.kind]}${number}: ${duration(to - span.from)}${span.to === null ? " so far" : end}`;
}

function merged(placed) {
  const found = [];
  for (const each of placed) {
    const last = found.at(-1);
    const close = last && each.to - each.from < NARROW && each.from - last.to < NARROW;
    if (close) Object.assign(last, { to: each.to, text: "Many attempts" });
    else found.push({ ...each });
  }
  return found;
}

function keyOf({ index, span }) {
  return `${index}:${span.kind}`;
}

function create(placed) {
  const node = h("span", { class: "op-bar" });
  update(node, placed);
  return node;
}

function update(node, { span, from, to, text }) {
  node.style.setProperty("--from", from.toFixed(5));
  node.style.setProperty("--to", Math.max(from, to).toFixed(5));
  if (!span) return;
  const tone = span.to === null ? "open" : (span.status ?? "done");
  set(node, {
    class: ["op-bar", `op-bar-${span.kind}`, `op-bar-${tone}`, span.dry && "op-bar-dry"],
    title: text,
  });
}

function fold(each) {
  const node = h("span", { class: "op-fold", title: `${each.text}, shown shorter` });
  update(node, each);
  return node;
}

/** The axis above the strips. */
export function axisOf() {
  return h("div", { class: "op-axis", "aria-hidden": "true" });
}

/** Draw its ticks. */
export function drawAxis(axis, scale) {
  patchList(axis, scale.ticks, (tick) => tick.text, tickOf, tickAt);
}

function tickOf(tick) {
  const node = h("span", { class: "op-tick" }, tick.text);
  tickAt(node, tick);
  return node;
}

function tickAt(node, tick) {
  node.style.setProperty("--from", tick.at.toFixed(5));
  node.classList.toggle("op-tick-last", tick.at > 0.94);
}
