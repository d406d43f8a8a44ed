/**
 * How plans are told: counts, outcomes, and what a way through a plan looks like.
 */

import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { figure } from "../../lib/words.js";

/** "1 error", "2 errors"; "1 more", "2 more". */
export function many(count, noun) {
  const plural = noun === "more" || count === 1 ? noun : `${noun}s`;
  return `${figure(count)} ${plural}`;
}

/** The tone of a phase's hue, as the server names it: a safety, a kind, or how it ends. */
export const HUES = {
  read: "active",
  safe_write: "active",
  mutation: "wait",
  destructive: "bad",
  approval: "alarm",
  wait: "quiet",
  pass: "good",
  fail: "bad",
  refused: "wait",
  cancelled: "quiet",
};

/** Severities of findings. */
export const SEVERITIES = {
  error: { word: "Error", icon: "fail", tone: "bad" },
  warning: { word: "Warning", icon: "unknown", tone: "wait" },
};

/** A severity: colour, icon and word. */
export function severity(name) {
  const { word, icon: drawn, tone } = SEVERITIES[name] ?? SEVERITIES.error;
  return h("span", { class: `tag tone-${tone}` }, icon(drawn), word);
}

/** A sentence of the server's, with what it has in backticks as code. */
export function prose(text) {
  const parts = String(text).split(/`([^`]+)`/);
  return parts.map((part, index) => (index % 2 ? h("code", null, part) : part));
}

const ENDS = { "(cancelled)": "cancelled", "(limit)": "the limit of visits", "?": "nowhere" };

/**
 * A way through a plan.
 *
 * @param {Array<{phase: string, outcome: string|null}>} steps
 * @param {function(Object): Node} [draw] draws a step's phase
 */
export function way(steps, draw = ({ phase }) => h("code", null, phase)) {
  const items = steps.map((step) =>
    h(
      "li",
      null,
      step.phase in ENDS ? h("span", null, ENDS[step.phase]) : draw(step),
      step.outcome ? h("span", { class: "plan-way-arrow" }, ` ${step.outcome} → `) : null,
    ),
  );
  return h("ol", { class: "plain plan-way", "aria-label": "A way through the plan" }, items);
}

/** A way in one line, as the server tells it, as steps. */
export function stepsOf(text) {
  const parts = text.split(/ -(\S+)-> /);
  const steps = [];
  for (let at = 0; at < parts.length; at += 2) {
    steps.push({ phase: parts[at], outcome: parts[at + 1] ?? null });
  }
  return steps;
}
