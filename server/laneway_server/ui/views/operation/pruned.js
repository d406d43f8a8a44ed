/**
 * What is left of an operation whose records were not kept any longer.
 */

import { badge, digest, laneLink, notice, operationLink, person } from "../../lib/components.js";
import { h } from "../../lib/dom.js";
import { duration, when } from "../../lib/time.js";
import { doing, statusWord } from "../../lib/words.js";
import { facts } from "./facts.js";

/** What was pruned, where a problem says so; null where it says something else. */
export function prunedOf(problem) {
  const { operation } = problem.body ?? {};
  return problem.code === "events_expired" && operation?.pruned_at ? operation : null;
}

/** One sentence about it. */
export function prunedHeadline(operation) {
  return `${doing(operation)}: ${statusWord(operation.status).toLowerCase()}, and not kept any longer`;
}

/** The view. @returns {Array<Node>} */
export function prunedView(operation) {
  const told = notice(
    "info",
    "Its events, evidence and logs were pruned",
    h("p", null, "It ended longer ago than its plan keeps records. A bundle that was exported before can still be held against the hash of its last event."),
  );
  const title = h("h1", { class: "op-headline" }, prunedHeadline(operation));
  const rest = h("section", { class: "card stack", "aria-labelledby": "op-left-title" }, h("h2", { id: "op-left-title" }, "What is left"), left(operation));
  return [title, told, rest];
}

function left(operation) {
  const { plan } = operation;
  const took = Date.parse(operation.finished_at) - Date.parse(operation.created_at);
  const pairs = [
    ["Ended as", badge(operation.status)],
    ["Lane", laneLink(operation.lane)],
    ["Plan", h("a", { href: `/plans/${encodeURIComponent(plan.name)}` }, `${plan.name} v${plan.version}`)],
    ["Digest of the plan", digest(plan.digest)],
    ["Requested by", person(operation.requested_by)],
    ["Submitted", when(operation.created_at)],
    ["Ended", when(operation.finished_at)],
    ["Took, from submission on", duration(took)],
    ["Last event", operation.seq],
    ["Its hash", digest(operation.head)],
    ["Pruned", when(operation.pruned_at)],
    ["By the rule", h("span", null, operation.rule)],
    ["Operation", h("code", null, operation.id)],
  ];
  for (const name of ["supersedes", "retry_of"]) {
    if (operation[name]) pairs.push([name === "supersedes" ? "Supersedes" : "Retry of", operationLink(operation[name])]);
  }
  return facts(pairs);
}
