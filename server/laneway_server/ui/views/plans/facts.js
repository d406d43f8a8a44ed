/**
 * What is known of a plan before it runs: as facts, and phase by phase in words.
 */

import { badge } from "../../lib/components.js";
import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { duration } from "../../lib/time.js";
import { HUES, prose } from "./words.js";

const TOLD = ["lane", "again", "kept"]; // what of the plan's words is no fact above
const LABELS = { again: "Doing it again", kept: "Records are kept", lane: "Lane" };

/**
 * The facts of a plan.
 *
 * @param {Object} known as GET …/proofs shows it
 * @param {Object} plan as GET /v1/plans/NAME shows it
 */
export function factsCard({ facts, says }, plan) {
  const titles = new Map(plan.phases.map((phase) => [phase.name, phase.title || phase.name]));
  const named = (names) => names.map((name) => titles.get(name) ?? name).join(", ");
  const rows = [
    ["Ends as", endings(facts.endings)],
    ["Approval by", approvals(facts.approvals)],
    ["Destroys", facts.destructive.length ? grave("flame", named(facts.destructive)) : "nothing"],
    [
      "No return",
      facts.point_of_no_return.length
        ? grave("lock", `from ${named(facts.point_of_no_return)} on`)
        : "none: it can be cancelled to its end",
    ],
    ["Takes at most", longest(facts, named)],
    ["Deadline", deadline(facts, named)],
    ...words(says),
    ["Asks for", request(plan.request)],
  ];
  const pairs = rows.map(([label, value]) => [h("dt", null, label), h("dd", null, value)]);
  return h(
    "section",
    { class: "card plan-facts", "aria-label": "Facts" },
    h("h2", null, "What is known before it runs"),
    h("dl", { class: "facts" }, pairs),
  );
}

function endings(all) {
  const one = ({ phase, title, end }) =>
    h(
      "li",
      { class: "row" },
      badge(end),
      phase === end ? null : h("span", { class: "small quiet" }, title || phase),
    );
  return h("ul", { class: "plain row" }, all.map(one));
}

function approvals(all) {
  if (!all.length) return "nobody";
  const one = ({ title, role, quorum, expires, allow_requester: own }) => {
    const number = quorum === 1 ? "one" : String(quorum);
    return h(
      "li",
      null,
      h("strong", null, `${number} × ${role}`),
      ` for “${title}”, within ${duration(expires)}`,
      own ? "; whoever requested it may" : "; not who requested it",
    );
  };
  return h("ul", { class: "plain stack" }, all.map(one));
}

function grave(drawn, text) {
  return h("span", { class: "plan-grave" }, icon(drawn), text);
}

function deadline({ deadline: limit, when_late: late }, named) {
  const then = late ? `then ${named([late.steps[0].phase])}` : "then it ends as failed";
  return `${duration(limit)} from when it has its lane; ${then}`;
}

/** The longest way, with how much of it each phase may take. */
function longest({ longest: way, open_waits: open }, named) {
  const most = Math.max(...way.steps.map((step) => step.takes), 1);
  const steps = way.steps.filter((step) => step.takes > 0).map((step) => bar(step, most, named));
  const waits = open.length ? `, and the wait of ${named(open)}` : "";
  const summary = h(
    "summary",
    null,
    `${way.exact ? "" : "no more than "}${duration(way.takes)}${waits}`,
  );
  return h("details", { class: "plan-longest" }, summary, h("ol", { class: "plain" }, steps));
}

function bar({ phase, takes }, most, named) {
  const share = h("span", { class: "plan-bar", style: { "--share": `${(takes / most) * 100}%` } });
  return h(
    "li",
    null,
    h("span", null, named([phase])),
    h("span", { class: "quiet" }, duration(takes)),
    share,
  );
}

function words(says) {
  const grouped = Map.groupBy(
    says.filter(({ about }) => TOLD.includes(about)),
    ({ about }) => about,
  );
  return TOLD.filter((about) => grouped.has(about)).map((about) => {
    const told = grouped.get(about).map((each) => h("p", null, each.words));
    return [LABELS[about], told];
  });
}

/** What a submission carries, as the plan's request schema names it. */
function request({ properties = {}, required = [] }) {
  const names = Object.keys(properties);
  if (!names.length) return "nothing";
  return h(
    "ul",
    { class: "plain plan-asked" },
    names.map((name) => property(name, properties[name], required.includes(name))),
  );
}

function property(name, schema, required) {
  const {
    type = "anything",
    description = "",
    default: usual,
  } = typeof schema === "object" ? schema : {};
  const kind = [type].flat().join(" or ");
  const left = usual === undefined ? "" : `; ${JSON.stringify(usual)} if left out`;
  const head = [
    h("code", { class: "strong" }, name),
    h("span", { class: "small quiet" }, ` ${kind}${left}`),
  ];
  const mark = required ? h("span", { class: "tag" }, "Required") : null;
  return h(
    "li",
    null,
    head,
    mark,
    description ? h("p", { class: "small quiet" }, prose(description)) : null,
  );
}

/** The phases of a plan in words. */
export function inWords({ phases }) {
  return h("ol", { class: "plain plan-phases" }, phases.map(told));
}

function told({ name, title, kind, hue, committed, branch, says }) {
  const tags = [
    h("span", { class: `tag tone-${HUES[hue] ?? "quiet"}` }, kind),
    committed && !branch ? h("span", { class: "tag tone-bad" }, icon("lock"), "No return") : null,
  ];
  const head = h(
    "h2",
    { class: "row plan-phase-title" },
    title || name,
    h("code", { class: "quiet" }, name),
    tags,
  );
  const grouped = Map.groupBy(says, ({ about }) => about);
  const pairs = [...grouped].map(([about, all]) => [
    h("dt", null, about),
    h(
      "dd",
      null,
      all.map((each) => h("p", null, prose(each.words))),
    ),
  ]);
  return h(
    "li",
    { class: ["card", "plan-phase", branch && "plan-branch"] },
    head,
    h("dl", { class: "facts small" }, pairs),
  );
}
