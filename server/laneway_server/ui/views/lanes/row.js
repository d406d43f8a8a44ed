/**
 * A lane in the list.
 */

import { badge, laneLink, operationLink, shortId } from "../../lib/bits.js";
import { h, replace, set } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { ago, elapsed, until } from "../../lib/time.js";
import { spoken } from "../../lib/words.js";

/** Groups of lanes, in the order in which they are shown. */
export const GROUPS = { person: "Need a person", work: "At work", idle: "Idle" };

/** Statuses in which an operation goes on only when a person acts; the most urgent first. */
export const ATTENTION = ["reconciliation_required", "waiting", "paused"];

/** Which group a lane is in. */
export function groupOf({ holder, busy, running_shared: shared }) {
  if (holder && needsPerson(holder)) return "person";
  return busy || shared > 0 ? "work" : "idle";
}

function needsPerson({ status, waiting_for: waiting }) {
  if (status === "waiting") return waiting?.kind === "approval";
  return ATTENTION.includes(status);
}

/** A row of the list. */
export function row(lane) {
  return filled(h("li", { class: "lane-row" }), lane);
}

/** Bring a row up to date. */
export function updateRow(node, lane, before) {
  if (JSON.stringify(lane) === JSON.stringify(before)) return;
  const focused = node.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  filled(node, lane);
  if (focused) [...node.querySelectorAll("a")].find((each) => each.getAttribute("href") === focused)?.focus();
}

function filled(node, lane) {
  const { holder } = lane;
  const wants = holder?.status === "reconciliation_required" ? "alarm" : groupOf(lane);
  set(node, { "data-wants": wants });
  return replace(node, title(lane), status(lane), h("div", { class: "lane-now" }, now(lane)), marks(lane));
}

function title({ lane }) {
  return h("div", { class: "lane-title" }, laneLink(lane));
}

function status({ holder, busy, running_shared: shared }) {
  if (holder) return h("div", null, badge(holder.status));
  if (busy || shared > 0) return h("div", null, badge("running"));
  return h("div", { class: "quiet" }, "Free");
}

function now(lane) {
  const { holder, busy, running_shared: shared } = lane;
  if (holder) return held(holder);
  if (busy) return h("p", { class: "quiet" }, "Held by an operation that you may not read");
  if (shared) return h("p", { class: "quiet" }, shared === 1 ? "1 operation reads" : `${shared} operations read`);
  return past(lane);
}

function held(holder) {
  const href = `/operations/${encodeURIComponent(holder.id)}`;
  const name = holder.plan.title || spoken(holder.plan.name);
  const tried = holder.dry_run ? h("span", { class: "quiet" }, " (dry run)") : null;
  return [
    h("p", null, h("a", { href }, name), " ", h("span", { class: "quiet mono small", title: holder.id }, shortId(holder.id)), tried),
    h("p", { class: "small quiet" }, waits(holder), " · for ", elapsed(holder.since), " · by ", holder.requested_by.subject),
  ];
}

/** What a holder does or waits for; the phase's name is enough where it says it itself. */
function waits({ phase, phase_title: title, waiting_for: waiting, status }) {
  const name = title ?? (phase ? spoken(phase) : statusText(status));
  const left = waiting?.until ? until(waiting.until) : null;
  if (waiting?.kind === "approval") return [`${name}: waits for approval`, left ? [", expires ", left] : null];
  if (waiting?.kind === "wait") return [`${name}: waits`, left ? [", goes on ", left] : null];
  if (waiting?.kind === "retry") return [`${name}: tries again`, left ? [" ", left] : null];
  if (status === "paused") return `Paused before ${name}`;
  if (status === "reconciliation_required") return `${name}: nobody knows what became of it`;
  return name;
}

function statusText(status) {
  return status === "running" ? "Beginning" : spoken(status);
}

function past({ last_pass: passed, last_destructive: destroyed }) {
  const last = passed ?? destroyed;
  if (!last) return h("p", { class: "quiet small" }, "Nothing has passed here yet");
  const word = passed ? "Last passed: " : "Last destructive: ";
  return h("p", { class: "quiet small" }, word, spoken(last.plan), ", ", ago(last.at), " ", operationLink(last));
}

function marks({ queued, frozen, freeze }) {
  const waiting = queued === 1 ? "1 waits" : `${queued} wait`;
  return h(
    "div",
    { class: "lane-marks" },
    queued ? h("span", { class: "tag tone-active" }, icon("queue"), waiting) : null,
    frozen ? h("span", { class: "tag tone-active", title: freeze?.reason }, icon("snow"), "Frozen") : null,
  );
}
