/** What waits for a person, told prominently: an approval, an unknown outcome, a pause. */

import { h } from "../lib/dom.js";
import { icon } from "../lib/icons.js";
import { laneShort, phaseTitle } from "../lib/words.js";
import { sentence } from "./advice.js";
import { approve, reject, revoke } from "./approve.js";
import { actButton } from "./buttons.js";
import { coversView, decisionsView } from "./covers.js";
import { changedBy, current } from "./facts.js";
import { reconcile } from "./reconcile.js";
import { resume } from "./stop.js";
import { asked, decidedBy, isOwn, possible, revocable, unknown } from "./table.js";
import { quoted } from "./words.js";

/**
 * The panels of an operation.
 *
 * @param {{operation: Object, session: Object, acts: Set<string>, roles: Map<string, Set<string>>,
 *   refresh: function(): void}} here `acts`: what the policy allows; `roles`: the same for each
 *   role that an approval asks for
 * @returns {Node[]}
 */
export function panels(here) {
  const { operation } = here;
  return [
    ...asked(operation).map((phase) => approvalPanel(here, phase)),
    ...unknown(operation).map((phase) => unknownPanel(here, phase)),
    operation.status === "paused" ? pausedPanel(here) : null,
  ].filter(Boolean);
}

function panel(tone, drawing, title, ...children) {
  return h(
    "section",
    { class: `act-panel tone-${tone}`, "aria-label": title },
    h("h2", { class: "act-panel-title" }, icon(drawing), title),
    children,
  );
}

// --- approvals ------------------------------------------------------------------------------------

function approvalPanel(here, phase) {
  const { operation } = here;
  return panel(
    "wait",
    "waiting",
    phaseTitle(phase),
    decisionsView(phase.approval),
    h("p", null, untouched(operation)),
    h(
      "details",
      { class: "act-folded", "data-keep": `covers-${phase.name}` },
      h("summary", null, "What the decision covers"),
      coversView(operation, phase),
    ),
    deciding(here, phase),
  );
}

function untouched(operation) {
  const changed = changedBy(operation).length > 0;
  const lane = laneShort(operation.lane);
  return changed ? `Nothing more is done on ${lane} until this is decided.` : `Nothing has been changed on ${lane}, and nothing will be until this is decided.`;
}

function deciding(here, phase) {
  const { operation, session, roles, refresh } = here;
  const { approval } = phase;
  const acts = roles.get(approval.role) ?? new Set();
  const mine = decidedBy(approval, session);
  if (mine) return decided(here, phase, mine);
  if (!acts.has("approve")) return aside(`To decide on it one needs the role ${approval.role}.`);
  const own = isOwn(operation, approval, session);
  return h(
    "div",
    { class: "act-buttons" },
    own ? null : actButton("Approve…", "check", "primary", () => approve(operation, phase, refresh)),
    actButton("Reject…", "refused", "", () => reject(operation, phase, refresh)),
    own ? aside("You asked for this operation: somebody else must approve it. You may reject it.") : null,
  );
}

function decided({ operation, session, acts, roles, refresh }, phase, mine) {
  const role = roles.get(phase.approval.role) ?? acts;
  const back = possible("revoke", operation, session, role) && revocable(operation, session).includes(phase);
  return h(
    "div",
    { class: "act-buttons" },
    aside(mine === "approve" ? "You have approved it." : "You have rejected it."),
    back ? actButton("Take my approval back…", "close", "", () => revoke(operation, phase, refresh)) : null,
  );
}

function aside(text) {
  return h("p", { class: "act-aside" }, text);
}

// --- unknown outcomes -----------------------------------------------------------------------------

function unknownPanel(here, phase) {
  return panel(
    "alarm",
    "unknown",
    `Nobody knows what became of ${quoted(phase)}`,
    phase.failure ? h("p", null, sentence(phase.failure.message)) : null,
    h("p", null, `The operation keeps the lane and does nothing until somebody has looked at ${laneShort(here.operation.lane)} and says what they saw.`),
    saying(here, phase),
  );
}

function saying({ operation, session, acts, refresh }, phase) {
  if (!possible("reconcile", operation, session, acts)) {
    return aside("Only somebody who may reconcile can say it.");
  }
  const button = (text, drawing, kind, outcome) =>
    actButton(text, drawing, kind, () => reconcile(operation, phase, outcome, refresh), `Reconcile: ${text}`);
  return h(
    "div",
    { class: "act-buttons", role: "group", "aria-label": "Reconcile" },
    h("p", { class: "act-question" }, "Reconcile:"),
    button("It was done…", "pass", "", "pass"),
    button("It failed…", "fail", "", "fail"),
    button("Do it again…", "running", "danger", "retry"),
  );
}

// --- pauses ---------------------------------------------------------------------------------------

function pausedPanel({ operation, session, acts, refresh }) {
  const next = current(operation);
  const may = possible("resume", operation, session, acts);
  return panel(
    "wait",
    "paused",
    next ? `Paused before ${quoted(next)}` : "Paused",
    h("p", null, `It keeps the lane ${laneShort(operation.lane)} and does nothing until somebody resumes it.`),
    h(
      "div",
      { class: "act-buttons" },
      may ? actButton("Resume…", "play", "primary", () => resume(operation, session, refresh)) : aside("Only somebody who may pause it can let it go on."),
    ),
  );
}
