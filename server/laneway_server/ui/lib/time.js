/**
 * Times: in the reader's zone, with UTC on hover; relative ones stay right while the page is open.
 */

import { h, setText } from "./dom.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const PRECISE = 2_000; // the Date header has seconds only

const formats = new Map();
const live = new WeakMap();
let ahead = 0;

/** The server's time in milliseconds since 1970: what deadlines are to be compared with. */
export function now() {
  return Date.now() + ahead;
}

/** Learn from a Date header how far this machine's clock is off. */
export function noteServerDate(header) {
  const told = Date.parse(header ?? "");
  if (Number.isNaN(told)) return;
  const off = told - Date.now();
  ahead = Math.abs(off) > PRECISE ? off : 0;
}

/**
 * A length of time as text: "850 ms", "12 s", "1 m 12 s", "2 h 3 m", "3 d 4 h".
 *
 * @param {number} ms milliseconds; negative ones count as none
 */
export function duration(ms) {
  const rest = Math.max(0, Math.round(ms));
  if (rest < 1_000) return `${rest} ms`;
  if (rest < 10_000) return `${(Math.floor(rest / 100) / 10).toString()} s`;
  if (rest < MINUTE) return `${Math.floor(rest / 1_000)} s`;
  if (rest < HOUR) return two(rest, MINUTE, "m", 1_000, "s");
  return rest < DAY ? two(rest, HOUR, "h", MINUTE, "m") : two(rest, DAY, "d", HOUR, "h");
}

function two(ms, large, largeName, small, smallName) {
  const rest = Math.floor((ms % large) / small);
  const first = `${Math.floor(ms / large)} ${largeName}`;
  return rest ? `${first} ${rest} ${smallName}` : first;
}

/** One unit is enough for what is relative: "12 s", "3 h". */
function rough(ms) {
  const rest = Math.max(0, ms);
  if (rest < MINUTE) return `${Math.floor(rest / 1_000)} s`;
  if (rest < HOUR) return `${Math.floor(rest / MINUTE)} m`;
  if (rest < 2 * DAY) return `${Math.floor(rest / HOUR)} h`;
  return `${Math.floor(rest / DAY)} d`;
}

/** "12 s ago", "just now". */
export function agoText(iso) {
  const passed = now() - Date.parse(iso);
  return passed < 2_000 ? "just now" : `${rough(passed)} ago`;
}

/** "in 3 h 12 m", "in 12 h"; "now" once it is over. */
export function untilText(iso) {
  const left = Date.parse(iso) - now();
  if (left <= 0) return "now";
  const near = left >= HOUR && left < 10 * HOUR;
  return `in ${near ? duration(Math.floor(left / MINUTE) * MINUTE) : rough(left)}`;
}

/** An instant in UTC, for people: "2026-01-31 16:00:00.000 UTC". */
export function utc(iso) {
  return `${new Date(iso).toISOString().replace("T", " ").replace("Z", "")} UTC`;
}

/** An instant in the reader's zone, as text. */
export function localText(iso) {
  return formatted(iso, { dateStyle: "medium", timeStyle: "medium" });
}

/** A format is costly to make, so it is made when it is first needed. */
function formatted(iso, style) {
  const key = JSON.stringify(style);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(undefined, style));
  return formats.get(key).format(new Date(iso));
}

/** An instant in the reader's zone; UTC on hover. @returns {HTMLTimeElement} */
export function when(iso) {
  return h("time", { datetime: iso, title: utc(iso) }, localText(iso));
}

/** A day in the reader's zone; the instant in UTC on hover. */
export function onDay(iso) {
  return h("time", { datetime: iso, title: utc(iso) }, formatted(iso, { dateStyle: "medium" }));
}

/** How long ago something was, kept up to date. @returns {HTMLTimeElement} */
export function ago(iso) {
  return relative(iso, () => agoText(iso));
}

/** How long it is until something, kept up to date. @returns {HTMLTimeElement} */
export function until(iso) {
  return relative(iso, () => untilText(iso));
}

/** How long something took, or (toIso is null) has taken so far, kept up to date. */
export function elapsed(fromIso, toIso = null) {
  const from = Date.parse(fromIso);
  if (toIso) return h("span", { class: "elapsed" }, duration(Date.parse(toIso) - from));
  return kept(h("span", { class: "elapsed" }), () => running(now() - from));
}

/** As `rough` seconds, so that what counts up does not flicker. */
function running(ms) {
  return ms < MINUTE ? `${Math.max(0, Math.floor(ms / 1_000))} s` : duration(ms);
}

function relative(iso, text) {
  return kept(h("time", { datetime: iso }), text);
}

/** What a relative time is exactly, is told to whoever points at it: there may be very many. */
function pointed({ target }) {
  if (target.localName !== "time" || target.title) return;
  target.title = `${localText(target.dateTime)} (${utc(target.dateTime)})`;
}

/** Keep a node's text up to date, once a second while it is in the page. */
export function kept(node, text) {
  live.set(node, text);
  node.dataset.live = "";
  node.textContent = text();
  return node;
}

function tick() {
  if (document.hidden) return;
  for (const node of document.querySelectorAll("[data-live]")) {
    const text = live.get(node);
    if (text) setText(node, text());
  }
}

setInterval(tick, 1_000);
document.addEventListener("visibilitychange", tick);
document.addEventListener("pointerover", pointed, { passive: true });
