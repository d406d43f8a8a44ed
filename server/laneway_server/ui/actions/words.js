/** What the dialogs say of the real system: what will be done to it, and what has been. */

import { safety } from "../lib/components.js";
import { h } from "../lib/dom.js";
import { laneShort, phaseTitle } from "../lib/words.js";
import { prose } from "../lib/schema-form/frame.js";
import { changedBy, does, endOf, titleOf } from "./facts.js";

const ENDS = { pass: "passed", fail: "failed", refused: "refused", cancelled: "cancelled" };

/** A paragraph of texts and nodes; what stands between backticks is code. */
export function say(...parts) {
  return h("p", null, parts.map((part) => (typeof part === "string" ? prose(part) : part)));
}

/** A lane as it is to be read, and typed. */
export function laneCode(operation) {
  return h("code", { class: "act-lane" }, laneShort(operation.lane));
}

/** A phase's title in quotes. */
export function quoted(phase) {
  return `“${phaseTitle(phase)}”`;
}

/** Names as a sentence lists them: "A", "A and B", "A, B and C". */
export function listed(names, last = "and") {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} ${last} ${names.at(-1)}`;
}

/** What phases do to the real system: those that change something, and how many only look. */
export function effects(phases, facts) {
  const changing = phases.filter((phase) => phase.safety !== "read");
  const looking = phases.length - changing.length;
  if (!phases.length) return null;
  const rest = looking ? lookers(looking, changing.length > 0) : null;
  const rows = changing.map((phase) => effect(phase, facts));
  if (!rows.length) return h("p", { class: "quiet" }, rest);
  const list = h("ol", { class: "act-effects" }, rows);
  return h("div", null, list, rest ? h("p", { class: "small quiet" }, rest) : null);
}

function lookers(count, also) {
  const phases = count === 1 ? "one phase" : `${count} phases`;
  return also ? `Besides, ${phases} that only look.` : `It only looks: ${phases}, and nothing is changed.`;
}

function effect(phase, facts) {
  const said = does(facts, phase);
  return h(
    "li",
    { class: `act-effect act-${phase.safety}` },
    h("span", { class: "act-effect-name" }, phaseTitle(phase)),
    safety(phase.safety),
    h("span", { class: "act-effect-does" }, said || h("code", null, phase.action)),
  );
}

/** Where the operation goes after an outcome, as half a sentence: "it goes on with “Post-deploy”". */
export function onward(operation, facts, names) {
  if (!names.length) return "it goes on as its plan says";
  return listed([...new Set(names.map((name) => step(operation, facts, name)))], "or");
}

function step(operation, facts, name) {
  const end = endOf(facts, name);
  if (end) return `it ends as ${ENDS[end] ?? end}`;
  return `it goes on with “${titleOf(operation, facts, name)}”`;
}

/** What an operation has changed so far, as a sentence. */
export function changesSoFar(operation) {
  if (operation.dry_run) return "It is a dry run: nothing is changed, whatever becomes of it.";
  const changed = changedBy(operation);
  if (!changed.length) return "Nothing has been changed so far.";
  return `What has been done stays done: ${listed(changed.map(quoted))}.`;
}
