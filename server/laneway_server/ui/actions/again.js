/** Doing it again: a retry of an operation, or a new one that supersedes it. */

import { newKey, operationPath, post } from "../lib/api.js";
import { notice } from "../lib/components.js";
import { go } from "../lib/router.js";
import { laneShort } from "../lib/words.js";
import { ask } from "./dialog.js";
import { ahead, changedBy, destroys, factsOf, titleOf } from "./facts.js";
import { effects, laneCode, listed, say } from "./words.js";

const keys = new Map();

/** Ask whether an operation is to be retried, and go to the new one. */
export async function retry(operation) {
  const facts = await factsOf(operation);
  const { phase, destructive } = operation.possible.retry;
  const made = await ask({
    title: `Retry from “${titleOf(operation, facts, phase)}”?`,
    body: retrying(operation, facts),
    wide: true,
    reason: "required",
    typed: destructive ? laneShort(operation.lane) : null,
    confirm: "Retry",
    danger: destructive,
    run: ({ reason }) => sent(operation, reason),
  });
  if (made) await go(`/operations/${encodeURIComponent(made.id)}`);
}

/** A lost answer is asked for again under the same key, so that it is never retried twice. */
async function sent(operation, reason) {
  const work = JSON.stringify([operation.id, reason]);
  if (!keys.has(work)) keys.set(work, newKey());
  const made = await post(operationPath(operation.id, "retry"), { reason }, { key: keys.get(work) });
  keys.delete(work);
  return made;
}

function retrying(operation, facts) {
  const { phase, destructive, approvals } = operation.possible.retry;
  const phases = ahead(operation, facts, [phase]);
  const asked = approvals.map((name) => `“${titleOf(operation, facts, name)}”`);
  return [
    say("A new operation begins on ", laneCode(operation), ` and goes on with “${titleOf(operation, facts, phase)}”. What had passed before is not done again; the proofs that it needs are made anew.`),
    asked.length ? say(`${listed(asked)} ${asked.length > 1 ? "are" : "is"} asked for again before anything is changed.`) : null,
    operation.dry_run ? say("It is a dry run again: nothing is changed.") : null,
    operation.dry_run ? null : say("On its way it may do this to the real system:"),
    operation.dry_run ? null : effects(phases, facts),
    destructive ? notice("bad", "It can destroy what is there now", say("Look at the lane first: some of it may have been done before it failed.")) : null,
  ];
}

/** Where the form is that submits the same again. @returns {string} an address of the page */
export function againAddress(operation) {
  const { plan, lane, id } = operation;
  const query = new URLSearchParams({ plan: plan.name, ...names(lane), from: id });
  if (begunToDestroy(operation)) query.set("supersedes", id);
  return `/submit?${query}`;
}

function names({ product, context, instance }) {
  return { product, context, instance };
}

/** Whether it has begun to destroy something: whoever does it again must name it. */
export function begunToDestroy(operation) {
  return destroys(changedBy(operation));
}
