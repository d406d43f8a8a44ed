/**
 * What people can do with an operation or a lane: what waits for them, and a row of buttons. What
 * the policy forbids or the operation does not allow now is not shown; the server refuses it all
 * the same.
 */

import { h, replace } from "../lib/dom.js";
import { icon } from "../lib/icons.js";
import { mayDo } from "../lib/session.js";
import { againAddress, begunToDestroy, retry } from "./again.js";
import { revoke } from "./approve.js";
import { actButton } from "./buttons.js";
import { current } from "./facts.js";
import { heldNow, hold, release } from "./keep.js";
import { freeze, unfreeze } from "./lane.js";
import { panels } from "./panels.js";
import { cancel, pause, resume } from "./stop.js";
import { possible, revocable } from "./table.js";
import { quoted } from "./words.js";

const ENDED = ["pass", "fail", "refused", "cancelled"];

/**
 * All that can be done with an operation now.
 *
 * It is made anew whenever the operation changes: dialogs that are open stay, and so do the focus
 * and what was unfolded.
 *
 * @param {Object} operation as GET /v1/operations/{id} shows it
 * @param {Object} session as `session()` gives it
 * @param {function(): void} [refresh] called when something was done
 * @returns {HTMLElement} filled as soon as it is known what the policy allows
 */
export function actionsFor(operation, session, refresh = () => {}) {
  const root = h("div", { class: "act", "data-operation": operation.id });
  const before = remembered(operation.id);
  filled(root, operation, session, refresh).then(() => restored(root, before), console.error);
  return root;
}

async function filled(root, operation, session, refresh) {
  const about = { plan: operation.plan.name, lane: operation.lane };
  const [acts, roles] = await Promise.all([mayDo(about), rolesOf(operation, about)]);
  const held = acts.has("admin") ? await heldNow(operation) : null;
  const here = { operation, session, acts, roles, held, refresh };
  replace(root, panels(here), toolbar(here));
}

/** What the policy allows to whoever has each role that an approval of the operation asks for. */
async function rolesOf(operation, about) {
  const roles = [...new Set(operation.phases.flatMap(({ approval }) => approval?.role ?? []))];
  const asked = await Promise.all(roles.map((role) => mayDo({ ...about, role })));
  return new Map(roles.map((role, index) => [role, asked[index]]));
}

// --- the row of buttons ---------------------------------------------------------------------------

function toolbar(here) {
  const buttons = [...running(here), ...ended(here), keeping(here)].filter(Boolean);
  const notes = notesOf(here);
  if (!buttons.length && !notes.length) return null;
  return h(
    "div",
    { class: "act-toolbar" },
    buttons.length ? h("div", { class: "act-buttons", role: "group", "aria-label": "Actions" }, buttons) : null,
    notes.map((text) => h("p", { class: "act-note" }, icon("info"), text)),
  );
}

function running({ operation, session, acts, roles, refresh }) {
  const can = (what) => possible(what, operation, session, acts);
  const given = revocable(operation, session).filter(({ approval, status }) =>
    status !== "waiting" && possible("revoke", operation, session, roles.get(approval.role) ?? acts));
  const unpause = operation.status !== "paused" && can("resume");
  return [
    can("pause") ? actButton("Pause…", "paused", "", () => pause(operation, session, refresh)) : null,
    unpause ? actButton("Do not pause…", "play", "", () => resume(operation, session, refresh)) : null,
    ...given.map((phase) => actButton("Take my approval back…", "close", "", () => revoke(operation, phase, refresh))),
    can("cancel") ? actButton("Cancel…", "cancelled", "danger", () => cancel(operation, session, refresh)) : null,
  ];
}

function ended({ operation, session, acts }) {
  const can = (what) => possible(what, operation, session, acts);
  const text = begunToDestroy(operation) ? "Do it again…" : "Submit again…";
  return [
    can("retry") ? actButton("Retry…", "running", "", () => retry(operation)) : null,
    can("again") ? h("a", { class: "button", href: againAddress(operation) }, icon("plus"), text) : null,
  ];
}

function keeping({ operation, session, acts, held, refresh }) {
  if (!held || !possible("keep", operation, session, acts)) return null;
  if (held.held) return actButton("Release hold…", "lock", "", () => release(operation, held, refresh));
  return actButton("Put on hold…", "lock", "", () => hold(operation, refresh));
}

/** Why something that one may look for is not there. */
function notesOf({ operation, acts, held }) {
  const phase = current(operation);
  const late = operation.possible.cancel === "refuse" && operation.status !== "reconciliation_required";
  const notes = [];
  if (operation.cancel_requested && !ENDED.includes(operation.status)) {
    notes.push(phase ? `It is being cancelled: that takes effect when ${quoted(phase)} is over.` : "It is being cancelled.");
  }
  if (operation.pause_requested) notes.push("It will pause before its next phase.");
  if (late && acts.has("cancel")) {
    notes.push(`It cannot be cancelled${phase ? `: ${quoted(phase)} is past the point of no return` : " any more"}, and goes on to its end.`);
  }
  if (held?.held) notes.push(`It is on hold: “${held.reason}”.`);
  return notes;
}

// --- what stays when it is made anew --------------------------------------------------------------

function remembered(id) {
  const old = [...document.querySelectorAll(".act")].find((each) => each.dataset.operation === id);
  if (!old) return { open: [], focus: null };
  const open = [...old.querySelectorAll("details[open][data-keep]")].map((each) => each.dataset.keep);
  const focus = old.contains(document.activeElement) ? document.activeElement.dataset.act : null;
  return { open, focus };
}

function restored(root, { open, focus }) {
  for (const each of root.querySelectorAll("details[data-keep]")) each.open ||= open.includes(each.dataset.keep);
  const lost = !document.activeElement || document.activeElement === document.body;
  if (!focus || !lost) return;
  [...root.querySelectorAll("[data-act]")].find((each) => each.dataset.act === focus)?.focus();
}

// --- lanes ----------------------------------------------------------------------------------------

/**
 * All that can be done on a lane.
 *
 * @param {Object} lane as GET /v1/lanes/… shows it; or as a list does, with `lane` in it
 * @param {Object} session as `session()` gives it
 * @param {function(): void} [refresh] called when something was done
 * @returns {HTMLElement} filled as soon as it is known what the policy allows
 */
export function laneActions(lane, session, refresh = () => {}) {
  const root = h("div", { class: "act-buttons", role: "group", "aria-label": "Actions on the lane" });
  laneFilled(root, lane, refresh).catch(console.error);
  return root;
}

async function laneFilled(root, view, refresh) {
  const { lane } = view;
  const acts = await mayDo({ lane });
  const may = acts.has("freeze");
  const query = new URLSearchParams({ product: lane.product, context: lane.context, instance: lane.instance });
  replace(
    root,
    acts.has("submit") ? h("a", { class: "button primary", href: `/submit?${query}` }, icon("plus"), "Submit…") : null,
    may && view.frozen ? actButton("Unfreeze…", "sun", "", () => unfreeze(view, refresh)) : null,
    may && !view.frozen ? actButton("Freeze…", "snow", "", () => freeze(view, refresh)) : null,
  );
}
