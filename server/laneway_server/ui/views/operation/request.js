/**
 * What was asked for, of whom, and under which plan: the request, the lane's target record as it
 * was then, and the plan as it was pinned.
 */

import { get } from "../../lib/api.js";
import { digest, json, laneLink, notice, operationLink, person, problemNotice, spinner } from "../../lib/components.js";
import { h, replace } from "../../lib/dom.js";
import { when } from "../../lib/time.js";
import { facts } from "./facts.js";
import { pinnedPlan } from "./pinned.js";
import { slot } from "./slot.js";

/**
 * @param {AbortSignal} signal
 * @returns {HTMLElement} with `show(operation, course)`
 */
export function requestOf(signal) {
  const asked = slot(askedPart, { class: "stack" });
  const record = slot(recordPart, { class: "stack" });
  const plan = planPart(signal);
  const node = h("div", { class: "stack" }, asked, plan, record);
  const show = (operation, course) => {
    const { accepted } = course;
    asked.show(operation.id, operation.lane, operation.request, accepted?.data ?? null, accepted?.at ?? null);
    record.show(course.target);
    plan.show(operation);
  };
  return Object.assign(node, { show });
}

function card(id, title, ...children) {
  const heading = h("h2", { id }, title);
  return h("section", { class: "card stack", "aria-labelledby": id }, heading, children);
}

function askedPart(id, lane, request, data, at) {
  const empty = Object.keys(request).length === 0;
  return card(
    "op-request-title",
    "Request",
    data ? facts(pairs(lane, data, at)) : null,
    h("h3", null, "Request document"),
    empty ? h("p", { class: "quiet" }, "The document is empty: the plan asks for nothing.") : json(request),
    data?.authorization ? rulingPart(data.authorization) : null,
    data?.dry_run_evidence ? triedPart(data.dry_run_evidence) : null,
  );
}

function pairs(lane, data, at) {
  const names = [
    ["Lane", laneLink(lane)],
    ["Requested by", person(data.requested_by)],
    ["At", at ? when(at) : null],
    ["Reason", data.reason || null],
    ["Dry run", data.dry_run === true],
    ["If the lane is busy", h("span", null, data.when_busy)],
    ["Holds the lane", h("span", null, data.exclusive ? "alone" : "beside others")],
  ];
  if (data.supersedes) names.push(["Supersedes", operationLink(data.supersedes)]);
  if (data.retry_of) names.push(["Retry of", operationLink(data.retry_of)]);
  if (data.retry_from) names.push(["Begins at", data.retry_from]);
  return names;
}

function rulingPart({ allowed, rules = [], policy, reason }) {
  return [
    h("h3", null, "Access"),
    facts([
      ["Allowed", allowed],
      ["By the rules", rules.join(", ") || null],
      ...(reason ? [["Reason", reason]] : []),
      ...(policy ? [["Policy", digest(policy)]] : []),
    ]),
  ];
}

function triedPart({ operation, status, finished_at: at }) {
  return [
    h("h3", null, "Dry run before"),
    facts([["Operation", operationLink(operation)], ["Ended as", status], ["At", when(at)]]),
  ];
}

function recordPart(target) {
  if (!Object.keys(target).length) return null;
  return card(
    "op-record-title",
    "Target record, as it was when the operation began",
    h("p", { class: "quiet" }, "Secrets stand in it as references only."),
    json(target, { open: 2 }),
  );
}

// --- the plan -------------------------------------------------------------------------------------

function planPart(signal) {
  const now = h("div");
  const place = h("div");
  const told = h("div");
  const node = card("op-plan-title", "Pinned plan", told, now, place);
  const here = { shown: "", asked: false };
  const show = (operation) => {
    const { plan } = operation;
    if (here.shown === plan.digest) return;
    here.shown = plan.digest;
    replace(told, named(plan));
    offered(plan, now, signal);
    replace(place, opener(operation, signal));
  };
  return Object.assign(node, { show });
}

function named(plan) {
  const href = `/plans/${encodeURIComponent(plan.name)}`;
  return facts([
    ["Plan", h("a", { href }, plan.title || plan.name)],
    ["Version", plan.version],
    ["Digest", digest(plan.digest)],
  ]);
}

/** Whether the server offers the same plan today. */
async function offered(plan, place, signal) {
  try {
    const current = await get(`/v1/plans/${encodeURIComponent(plan.name)}`, { signal });
    if (current.digest === plan.digest) return;
    const title = `The server now offers version ${current.version}`;
    replace(place, notice("info", title, h("p", null, "The operation stays with the plan that it was accepted under.")));
  } catch (problem) {
    if (problem.status !== 404) return;
    replace(place, notice("info", "The server does not offer this plan any more"));
  }
}

function opener(operation, signal) {
  const node = h("details", { class: "op-more" }, h("summary", null, "The plan as it was pinned"));
  node.addEventListener("toggle", () => fill(node, operation, signal), { once: true });
  return node;
}

async function fill(node, operation, signal) {
  const place = h("div", null, spinner("Loading the plan"));
  node.append(place);
  try {
    replace(place, json(await pinnedPlan(operation, signal), { search: true }));
  } catch (problem) {
    if (problem.name !== "AbortError") replace(place, problemNotice(problem));
  }
}
