/**
 * What one version of a plan does differently from another: what is dangerous first, then the lines.
 */

import { notice } from "../../lib/components.js";
import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { many, prose, stepsOf, way } from "./words.js";

const BEARINGS = {
  dangerous: {
    word: "Dangerous",
    icon: "flame",
    tone: "bad",
    said: "a safeguard is taken away, or more is destroyed",
  },
  looser: { word: "Looser", icon: "unknown", tone: "wait", said: "more is allowed than before" },
  neutral: {
    word: "Neutral",
    icon: "info",
    tone: "quiet",
    said: "neither more nor less is allowed, as far as can be told",
  },
  stricter: { word: "Stricter", icon: "shield", tone: "good", said: "less is allowed than before" },
};

/** A difference, as GET …/difference shows it. */
export function differenceView(found) {
  const { old, new: newer, changes, hunks } = found;
  const title = h("h2", null, `From version ${old.version} to ${newer.version}`);
  const groups = Object.keys(BEARINGS).map((bearing) =>
    group(
      bearing,
      changes.filter((each) => each.bearing === bearing),
    ),
  );
  return h(
    "section",
    { class: "stack plan-difference", "aria-label": "Difference" },
    title,
    verdict(found),
    groups,
    lines(hunks, found),
  );
}

function verdict({ version, worst, in_flight: flight, old }) {
  if (version === "same_content")
    return notice(
      "good",
      "No difference to an operation",
      h("p", null, "What reads differently, such as comments, is nothing to an operation."),
    );
  const told = [h("p", null, `${capital(flight)}.`)];
  if (version === "not_raised")
    told.unshift(
      h("p", null, `The version was not raised: a version above ${old.version} is needed.`),
    );
  if (worst === "dangerous") return notice("bad", "A safeguard is taken away", told);
  if (worst === "looser") return notice("wait", "More is allowed than before", told);
  return notice(
    "good",
    worst ? "Nothing is less safe than before" : "No difference in what is done",
    told,
  );
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function group(bearing, changes) {
  if (!changes.length) return null;
  const { word, icon: drawn, tone, said } = BEARINGS[bearing];
  const head = h(
    "h3",
    { class: `plan-bearing tone-${tone}` },
    icon(drawn),
    word,
    h("span", { class: "count" }, changes.length),
    h("span", { class: "small quiet" }, said),
  );
  return h(
    "section",
    { class: "card plan-changes" },
    head,
    h("ul", { class: "plain" }, changes.map(change)),
  );
}

function change({ phase, words, way: witness, code }) {
  const place = phase
    ? h("code", { class: "strong" }, phase)
    : h("span", { class: "strong" }, "The plan");
  return h(
    "li",
    null,
    h("p", null, place, ": ", prose(words)),
    witness ? way(stepsOf(witness)) : null,
    h("code", { class: "small quiet" }, code),
  );
}

/** The lines that differ, with some around. */
function lines(hunks, { version }) {
  if (!hunks.length) {
    const why =
      version === "same_content"
        ? null
        : h("p", { class: "small quiet" }, "The texts are the same, or one of them was not kept.");
    return why;
  }
  const added = hunks.flat().filter((each) => each.old === null).length;
  const removed = hunks.flat().filter((each) => each.new === null).length;
  const summary = h(
    "summary",
    null,
    h("h3", null, "Lines"),
    h("span", { class: "small plan-added" }, `+${added}`),
    h("span", { class: "small plan-removed" }, `−${removed}`),
  );
  const body = h(
    "div",
    { class: "plan-diff-scroll", tabIndex: 0, role: "region", "aria-label": "Lines that differ" },
    hunks.map(hunk),
  );
  return h("details", { class: "card plan-diff", open: true }, summary, body);
}

function hunk(all) {
  const [first] = all;
  const caption = h(
    "caption",
    { class: "visually-hidden" },
    `${many(all.length, "line")} from line ${first.old ?? first.new} on`,
  );
  return h("table", { class: "plan-hunk" }, caption, h("tbody", null, all.map(line)));
}

function line({ old, new: newer, text }) {
  const [kind, sign, said] =
    old === null
      ? ["added", "+", "added"]
      : newer === null
        ? ["removed", "−", "removed"]
        : ["same", "", ""];
  const mark = h(
    "td",
    { class: "plan-diff-sign" },
    sign ? h("span", { "aria-hidden": "true" }, sign) : null,
    said ? h("span", { class: "visually-hidden" }, said) : null,
  );
  return h(
    "tr",
    { class: `plan-diff-${kind}` },
    h("td", { class: "plan-diff-number" }, old ?? ""),
    h("td", { class: "plan-diff-number" }, newer ?? ""),
    mark,
    h("td", { class: "plan-diff-text" }, h("code", null, text || " ")),
  );
}
