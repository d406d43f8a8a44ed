/**
 * Where on the strip a moment is. Long stretches in which nothing was done (an approval, a night)
 * are folded, so that what was done can be told apart; a scale without folds is true to time.
 */

import { duration } from "../../lib/time.js";
import { IDLE } from "./course.js";

const LEAST = 50; // ms that a strip is long at least
const FOLDED = 0.4; // of the time in which something was done: what a fold is as wide as
const SHORTEST_FOLD = 100; // ms that a fold is shown as at least
const WORTH = 3; // a stretch is folded where that makes it so many times narrower
const SHORTEST = 20_000; // ms that a stretch has at least that is folded
const STEPS = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200,
  86_400, 172_800, 604_800,
].map((seconds) => seconds * 1_000);

/**
 * A scale over spans.
 *
 * @param {{from: number, to: number, spans: Array<Object>, folding: boolean}} of times in
 *   milliseconds since 1970; spans that still last do so until `to`
 * @returns {{at: function(number): number, folds: Array<Object>, ticks: Array<Object>}} `at` gives
 *   0 to 1; of folds `{from, to, text}` (places) and of ticks `{at, text}`
 */
export function scaleOf({ from, to, spans, folding }) {
  const end = Math.max(to, from + LEAST);
  const pieces = folding ? folded(from, end, busy(spans, end)) : [piece(from, end, end - from)];
  const width = pieces.reduce((sum, each) => sum + each.shown, 0);
  const at = (moment) => placed(pieces, width, moment);
  const folds = pieces
    .filter((each) => each.fold)
    .map((each) => ({ from: at(each.from), to: at(each.to), text: duration(each.to - each.from) }));
  return { at, folds, ticks: folds.length ? edges(pieces, at, from) : round(from, end, at) };
}

function piece(from, to, shown, fold = false) {
  return { from, to, shown, fold };
}

/** When something was done: stretches that neither touch nor overlap, in order. */
function busy(spans, end) {
  const stretches = spans
    .filter((span) => !IDLE.has(span.kind) && span.kind !== "group")
    .map((span) => [span.from, span.to ?? end])
    .sort((a, b) => a[0] - b[0]);
  const merged = [];
  for (const [from, to] of stretches) {
    const last = merged.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

function folded(from, end, stretches) {
  const worked = stretches.reduce((sum, [a, b]) => sum + b - a, 0);
  const width = Math.max(worked * FOLDED, SHORTEST_FOLD);
  const pieces = [];
  const add = (a, b, idle) => {
    const fold = idle && stretches.length > 0 && b - a > Math.max(width * WORTH, SHORTEST);
    if (b > a) pieces.push(piece(a, b, fold ? width : b - a, fold));
  };
  let at = from;
  for (const [a, b] of stretches) {
    add(at, a, true);
    add(Math.max(a, at), b, false);
    at = Math.max(at, b);
  }
  add(at, end, true);
  return pieces;
}

function placed(pieces, width, moment) {
  let before = 0;
  for (const each of pieces) {
    if (moment <= each.to) {
      const share = (Math.max(moment, each.from) - each.from) / (each.to - each.from);
      return (before + share * each.shown) / width;
    }
    before += each.shown;
  }
  return 1;
}

/** Ticks at round times since the beginning. */
function round(from, end, at) {
  const step = STEPS.find((each) => (end - from) / each <= 6) ?? STEPS.at(-1);
  const ticks = [];
  for (let moment = from; moment <= end; moment += step) {
    ticks.push({ at: at(moment), text: moment === from ? "0" : duration(moment - from) });
  }
  return ticks;
}

/** Ticks where folds begin and end: between them the time is not even. */
function edges(pieces, at, from) {
  const moments = [from, ...pieces.flatMap((each) => (each.fold ? [each.from, each.to] : []))];
  const ticks = [];
  for (const moment of [...moments, pieces.at(-1).to]) {
    const place = at(moment);
    if (ticks.length && place - ticks.at(-1).at < 0.12) continue;
    ticks.push({ at: place, text: moment === from ? "0" : duration(moment - from) });
  }
  return ticks;
}
