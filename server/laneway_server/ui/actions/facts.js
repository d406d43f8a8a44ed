/**
 * What the words of the dialogs are made from: what actions do, as their drivers say it, and where
 * the plan leads.
 */

import { get } from "../lib/api.js";
import { phaseOf, phaseTitle, spoken } from "../lib/words.js";

const FRESH = 60_000; // ms
const answers = new Map();

function remembered(path) {
  const known = answers.get(path);
  if (known && known.until > Date.now()) return known.answer;
  const answer = get(path);
  answers.set(path, { answer, until: Date.now() + FRESH });
  answer.catch(() => answers.delete(path));
  return answer;
}

/**
 * What is known of an operation's plan and of its actions.
 *
 * @typedef {Object} Facts
 * @property {Map<string, Object>} actions by id, as GET /v1/drivers describes them; empty where that
 *   could not be asked
 * @property {Object|null} plan the plan as GET /v1/plans/NAME shows it, where it is still the very
 *   one that the operation is pinned to
 */

/** @returns {Promise<Facts>} never fails: dialogs then say less */
export async function factsOf(operation) {
  const path = `/v1/plans/${encodeURIComponent(operation.plan.name)}`;
  const [drivers, plan] = await Promise.all([
    remembered("/v1/drivers").catch(() => ({ drivers: [] })),
    remembered(path).catch(() => null),
  ]);
  const actions = drivers.drivers.flatMap((driver) => driver.actions);
  return {
    actions: new Map(actions.map((action) => [action.action_id, action])),
    plan: plan?.digest === operation.plan.digest ? plan : null,
  };
}

/** What an action does, in its driver's words; empty where that is not known. */
export function does(facts, phase) {
  return facts.actions.get(phase.action)?.description ?? "";
}

/**
 * Where the plan may go on after an outcome of a phase.
 *
 * @returns {string[]} names of phases; empty where the plan is not known, or says nothing
 */
export function targets(facts, phase, outcome) {
  const told = facts.plan?.document.phases[phase]?.on?.[outcome];
  if (told === undefined || told === null) return [];
  return [told].flat().map((target) => (typeof target === "string" ? target : target.to));
}

/** What a phase is called, those too that end the operation. */
export function titleOf(operation, facts, name) {
  const shown = phaseOf(operation, name) ?? facts.plan?.phases.find((each) => each.name === name);
  return shown ? phaseTitle(shown) : spoken(name);
}

/** The status that a phase ends the operation with; null for one that does not. */
export function endOf(facts, name) {
  return facts.plan?.document.phases[name]?.end ?? null;
}

/**
 * The phases that perform an action and may still come, from some of them on.
 *
 * @param {Object} operation
 * @param {Facts} facts
 * @param {string[]} from where it goes on
 * @returns {Array<Object>} in the plan's order, branches in the place of their parallel phase
 */
export function ahead(operation, facts, from) {
  const reached = reachable(facts, from);
  const comes = ({ name, parent, finished_at: over }) =>
    facts.plan ? reached.has(parent ?? name) : !over || from.includes(name);
  return operation.phases.filter((phase) => phase.action && comes(phase));
}

function reachable(facts, from) {
  const phases = facts.plan?.document.phases ?? {};
  const reached = new Set();
  const next = [...from];
  while (next.length) {
    const name = next.pop();
    if (reached.has(name) || !phases[name]) continue;
    reached.add(name);
    for (const outcome of Object.keys(phases[name].on ?? {})) next.push(...targets(facts, name, outcome));
  }
  return reached;
}

/** Whether one of these phases destroys what is there. */
export function destroys(phases) {
  return phases.some(({ safety }) => safety === "destructive");
}

/** The phases of an operation that have begun and do more than read: what was changed. */
export function changedBy(operation) {
  if (operation.dry_run) return [];
  return operation.phases.filter(
    ({ action, safety, attempt }) => action && safety !== "read" && attempt > 0,
  );
}

/** The phase that an operation is at. */
export function current(operation) {
  return phaseOf(operation, operation.phase);
}
