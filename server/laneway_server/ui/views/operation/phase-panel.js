/**
 * What there is to know of one phase: why it failed, what was done, what it proved, what it left.
 */

import { digest, json, notice } from "../../lib/components.js";
import { h } from "../../lib/dom.js";
import { until, when } from "../../lib/time.js";
import { phaseTitle, spoken } from "../../lib/words.js";
import { activityOf } from "./activity.js";
import { artifactsPart, earlierArtifactsPart } from "./artifacts.js";
import { evidenceParts } from "./evidence.js";
import { facts } from "./facts.js";
import { part } from "./part.js";
import { slot } from "./slot.js";

/**
 * A panel.
 *
 * @param {Object} props of its element
 * @returns {HTMLElement} with `show(phase, course, operation, record)`: the phase as the operation
 *   shows it, what is known of its course (or undefined), and the target record
 */
export function panelOf(props) {
  const failure = slot(failurePart);
  const approval = slot(approvalPart);
  const doing = activityOf();
  const done = part("What was done", doing);
  const proved = slot(provedPart);
  const left = slot((artifacts) => (artifacts ? artifactsPart(artifacts) : null));
  const before = slot(beforePart);
  const nothing = slot((is) => (is ? h("p", { class: "quiet" }, "Nothing has happened here.") : null));
  const all = [failure, approval, done, proved, left, before];
  const node = h("div", props, all, nothing);
  const show = (phase, course, operation, record) => {
    const named = { id: operation.id, plan: operation.plan, phases: namesOf(operation) };
    failure.show(phase.failure, phase.status === "reconciliation_required");
    approval.show(phase.approval ?? null, phase.status);
    doing.show(course?.visits.at(-1), named);
    done.hidden = doing.hidden;
    proved.show(phase.evidence ?? {}, record, phaseTitle(phase));
    left.show(phase.artifacts ?? null);
    before.show(course?.visits.slice(0, -1) ?? [], named, record, phaseTitle(phase));
    nothing.show(all.every((each) => each.hidden));
  };
  return Object.assign(node, { show });
}

/** What stories need of an operation: with more of it they would be told anew at each change. */
function namesOf({ phases }) {
  return phases.map(({ name, title, parent }) => ({ name, title, parent }));
}

function failurePart(failure, unknown = false) {
  if (!failure) return null;
  const detail = Object.keys(failure.detail ?? {}).length ? json(failure.detail, { open: 2 }) : null;
  const again = failure.retry_class ? ` · ${spoken(failure.retry_class).toLowerCase()}` : "";
  const code = h("p", { class: "small" }, h("code", null, failure.code), again);
  return notice(unknown ? "alarm" : "bad", failure.message || spoken(failure.code), code, detail);
}

function approvalPart(approval, status) {
  if (!approval) return null;
  const given = approval.decisions.filter((each) => each.decision === "approve").length;
  const open = status === "waiting";
  const expires = open ? h("span", null, when(approval.expires_at), " (", until(approval.expires_at), ")") : when(approval.expires_at);
  return part(
    "Approval",
    facts([
      ["Asked of", approval.role],
      ["Approved", `${given} of ${approval.quorum}`],
      [open ? "Expires" : "Would have expired", expires],
      ["Digest of what is approved", digest(approval.digest)],
    ]),
    decisions(approval.decisions),
    h("details", { class: "op-more" }, h("summary", null, "What the approval covers"), json(approval.covers)),
  );
}

function decisions(given) {
  if (!given.length) return null;
  const line = ({ decision, comment, by, at }) =>
    h(
      "li",
      null,
      h("strong", null, by.subject),
      decision === "approve" ? " approved" : " rejected",
      comment ? [": ", h("q", null, comment)] : null,
      at ? h("span", { class: "small quiet" }, " · ", when(at)) : null,
    );
  return h("ul", { class: "plain" }, given.map(line));
}

function provedPart(evidence, record, title) {
  const parts = evidenceParts(evidence, record, title);
  return parts.length ? part("Evidence", h("div", { class: "op-evidence" }, parts)) : null;
}

/** Earlier times that the phase was gone through: a proof made again, a window that had closed. */
function beforePart(visits, operation, record, title) {
  return visits.map((visit, index) => {
    const { finished } = visit;
    const came = finished ? ` · ${spoken(finished.data.outcome).toLowerCase()} · ` : "";
    const summary = h("summary", null, `Visit ${index + 1}`, came, finished ? when(finished.at) : null);
    const failure = failurePart(finished?.data.failure ?? null);
    const done = activityOf();
    done.show(visit, operation);
    const proved = provedPart(finished?.data.evidence ?? {}, record, `${title}, visit ${index + 1}`);
    const left = earlierArtifactsPart(operation.id, finished);
    return h("details", { class: "op-more" }, summary, h("div", { class: "stack" }, failure, done, proved, left));
  });
}
