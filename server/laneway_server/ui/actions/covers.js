/** What the digest of an approval covers, part by part, as an approver must see it. */

import { badge, digest, json, laneLink, notice, operationLink, person } from "../lib/components.js";
import { h } from "../lib/dom.js";
import { icon } from "../lib/icons.js";
import { ago, until, when } from "../lib/time.js";
import { phaseOf, phaseTitle, spoken } from "../lib/words.js";
import { digestOf } from "./digest.js";

const PARTS = { dry_run: "Dry run", plan: "Plan", lane: "Lane", request: "Request", proofs: "Proofs" };
const ORDER = ["plan", "lane", "request", "proofs", "dry_run"];

/**
 * What somebody would approve.
 *
 * @param {Object} operation
 * @param {Object} phase whose approval is asked for
 * @param {string[]} [changed] names of the parts that were another before
 */
export function coversView(operation, phase, changed = []) {
  const { covers, digest: whole } = phase.approval;
  const others = Object.keys(covers).filter((name) => !ORDER.includes(name));
  const parts = [...ORDER, ...others].map((name) => part(name, covers[name], operation, changed));
  return h(
    "section",
    { class: "act-covers", "aria-label": "What the digest covers" },
    h("dl", { class: "act-cover-parts" }, parts),
    h("p", { class: "act-digest" }, "Together: ", digest(whole), matches(covers, whole)),
  );
}

/** The parts that differ between what two approvals cover. */
export function differing(before, now) {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
}

/** Names of parts as people read them. */
export function partWords(names) {
  return names.map((name) => (PARTS[name] ?? spoken(name)).toLowerCase());
}

function part(name, value, operation, changed) {
  const show = SHOWN[name] ?? ((each) => json(each));
  const now = changed.includes(name);
  const term = h("dt", null, PARTS[name] ?? spoken(name), now ? h("span", { class: "act-changed" }, "changed") : null);
  return h("div", { class: ["act-cover", now && "act-cover-changed"] }, term, h("dd", null, show(value, operation)));
}

const SHOWN = {
  plan: (plan) => h(
    "span",
    { class: "act-plan" },
    h("a", { href: `/plans/${encodeURIComponent(plan.name)}`, target: "_blank", rel: "noopener" }, plan.name),
    `version ${plan.version}`,
    digest(plan.digest),
  ),
  lane: (lane) => laneLink(lane),
  request: (request) => requestRows(request),
  proofs: (proofs, operation) => proofRows(proofs, operation),
  dry_run: (run) => (run ? dryRun(run) : noDryRun()),
};

/** A request document, name by name where it is flat. */
export function requestRows(request) {
  const entries = Object.entries(request ?? {});
  if (!entries.length) return h("span", { class: "quiet" }, "Nothing is said in it.");
  if (entries.some(([, value]) => value !== null && typeof value === "object")) return json(request);
  return h(
    "dl",
    { class: "act-request" },
    entries.map(([name, value]) => [h("dt", null, h("code", null, name)), h("dd", null, shown(value))]),
  );
}

function shown(value) {
  return typeof value === "string" ? h("q", null, value) : h("code", null, JSON.stringify(value));
}

function proofRows(proofs, operation) {
  const names = Object.keys(proofs ?? {});
  if (!names.length) return h("span", { class: "quiet" }, "None.");
  return h("ul", { class: "act-proofs plain" }, names.map((name) => proof(name, proofs[name], operation)));
}

function proof(name, covered, operation) {
  const phase = phaseOf(operation, name);
  const seen = phase?.evidence?.proof ?? phase?.evidence;
  return h(
    "li",
    null,
    h("span", { class: "act-proof-name" }, phase ? phaseTitle(phase) : spoken(name)),
    digest(covered),
    phase?.finished_at ? h("span", { class: "small quiet" }, "proved ", ago(phase.finished_at)) : null,
    seen && Object.keys(seen).length ? folded("What was seen", json(seen)) : null,
  );
}

function folded(summary, content) {
  return h("details", { class: "act-folded" }, h("summary", null, summary), content);
}

function dryRun(run) {
  return [
    h("span", { class: "row" }, badge(run.status), operationLink(run.operation), h("span", { class: "quiet" }, "ended "), when(run.finished_at)),
    h("span", { class: "small quiet" }, "Its last event has the hash ", h("code", { title: run.head }, `${run.head.slice(0, 12)}…`)),
  ];
}

function noDryRun() {
  return notice("wait", "Nobody has made a dry run of this request before it was submitted");
}

/** Whether the digest is that of what is shown: it is made anew in the browser. */
function matches(covers, whole) {
  const node = h("span", { class: "act-matches small" });
  digestOf(covers).then((made) => {
    if (made === null) return;
    const same = made === whole;
    node.classList.add(same ? "act-same" : "act-other");
    node.append(icon(same ? "check" : "unknown"), same ? "computed anew here from what is shown" : "is not the digest of what is shown: do not approve");
  });
  return node;
}

/** Who has decided so far, of how many, and until when. */
export function decisionsView(approval) {
  const { role, quorum, decisions, expires_at: ends } = approval;
  const given = decisions.filter(({ decision }) => decision === "approve").length;
  return h(
    "div",
    { class: "act-decisions" },
    h("p", null, h("strong", null, `${given} of ${quorum} approved`), " by ", h("strong", null, role), " · expires ", until(ends), h("span", { class: "quiet" }, " (", when(ends), ")")),
    decisions.length ? h("ul", { class: "plain" }, decisions.map(decisionRow)) : null,
  );
}

function decisionRow({ decision, by, comment, at }) {
  const word = decision === "approve" ? "has approved" : "has rejected";
  const said = comment ? [": ", h("q", null, comment)] : null;
  return h("li", null, person(by), ` ${word}`, said, at ? h("span", { class: "small quiet" }, " · ", when(at)) : null);
}
