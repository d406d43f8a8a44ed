/** Side by side: what was asked of the driver, and what it knows of what became of it. */

import { json, safety } from "../lib/components.js";
import { h } from "../lib/dom.js";
import { icon } from "../lib/icons.js";
import { when } from "../lib/time.js";
import { sentence } from "./advice.js";
import { does } from "./facts.js";

const REASONS = {
  lost: "The engine stopped in mid-action",
  unknown: "The driver could not say what came of it",
  timed_out: "It took longer than its phase allows",
};
const TOLD = 5; // newest reports that are shown unfolded

/**
 * @param {Object} operation
 * @param {Object} phase whose outcome nobody knows
 * @param {import("./attempt.js").Attempt|null} attempt null where the events could not be read
 * @param {import("./facts.js").Facts} facts
 */
export function knownView(operation, phase, attempt, facts) {
  return h(
    "div",
    { class: "act-known" },
    side("What was asked", asked(operation, phase, attempt, facts)),
    side("What the driver knows", known(phase, attempt)),
  );
}

function side(title, content) {
  return h("section", { class: "act-side", "aria-label": title }, h("h3", null, title), content);
}

function rows(...pairs) {
  const given = pairs.filter(([, value]) => value !== null && value !== undefined);
  return h("dl", { class: "act-rows" }, given.map(([term, value]) => row(term, value)));
}

/** What is short stands beside its name, what is long below it. */
function row(term, value) {
  const short = typeof value === "string" || value.tagName === "TIME";
  return h("div", { class: ["act-row", short && "act-row-short"] }, h("dt", null, term), h("dd", null, value));
}

function asked(operation, phase, attempt, facts) {
  const { parameters = {}, token, timeout_at: ends } = attempt?.asked ?? {};
  const said = does(facts, phase);
  return rows(
    ["Action", [h("code", null, phase.action), " ", safety(phase.safety), said ? h("p", { class: "small quiet" }, said) : null]],
    ["Attempt", `${phase.attempt}`],
    ["Asked at", attempt?.askedAt ? when(attempt.askedAt) : null],
    ["In time until", ends ? when(ends) : null],
    ["Token", token ? h("code", null, token) : null],
    ["Parameters", Object.keys(parameters).length ? json(parameters) : "none"],
    ["Lane", `${operation.lane.product}/${operation.lane.context}/${operation.lane.instance}`],
  );
}

function known(phase, attempt) {
  const failure = phase.failure ?? attempt?.unknown?.failure;
  const evidence = Object.keys(phase.evidence ?? {}).length ? json(phase.evidence) : null;
  return rows(
    ["It said", failure ? failureView(failure) : "nothing"],
    ["It was asked again", attempt?.recoveries.length ? recoveries(attempt.recoveries) : "no: it cannot find out by reading"],
    ["Checkpoint", attempt?.checkpoint ? json(attempt.checkpoint) : "none was written"],
    ["Reports", attempt?.told.length ? reports(attempt.told) : "none"],
    ["Evidence", evidence],
    ["Artifacts", phase.artifacts?.length ? artifacts(phase.artifacts) : null],
  );
}

function failureView({ code, message, detail }) {
  return [
    h("p", null, sentence(message)),
    h("p", { class: "small quiet" }, h("code", null, code)),
    detail && Object.keys(detail).length ? json(detail) : null,
  ];
}

function recoveries(list) {
  return h("ul", { class: "plain" }, list.map(({ at, reason, failure }) =>
    h("li", null, when(at), `: ${REASONS[reason] ?? reason}.`, failure ? ` ${sentence(failure.message)}` : null),
  ));
}

function reports(told) {
  const newest = told.slice(-TOLD);
  const more = told.length - newest.length;
  return [
    more ? h("p", { class: "small quiet" }, `${more} earlier`) : null,
    h("ol", { class: "plain act-reports" }, newest.map(({ at, message }) => h("li", { title: message }, when(at), " ", message))),
  ];
}

function artifacts(list) {
  return h("ul", { class: "plain" }, list.map(({ name, link, size }) =>
    h("li", null, h("a", { href: link, target: "_blank", rel: "noopener" }, icon("download"), name), h("span", { class: "small quiet" }, ` ${size} bytes`)),
  ));
}
