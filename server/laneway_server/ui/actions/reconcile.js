/** Saying what became of an action whose outcome nobody knows. */

import { operationPath, post } from "../lib/api.js";
import { notice } from "../lib/components.js";
import { laneShort } from "../lib/words.js";
import { attemptOf } from "./attempt.js";
import { ask } from "./dialog.js";
import { factsOf, targets } from "./facts.js";
import { knownView } from "./known.js";
import { effects, laneCode, onward, quoted, say } from "./words.js";

const SAID = {
  pass: { title: (name) => `Was ${name} done?`, confirm: "It was done", words: passing },
  fail: { title: (name) => `Did ${name} fail?`, confirm: "It failed", words: failing },
  retry: { title: (name) => `Do ${name} again?`, confirm: "Do it again", words: repeating },
};

/**
 * Ask for what somebody found out.
 *
 * @param {Object} operation
 * @param {Object} phase whose outcome nobody knows
 * @param {"pass"|"fail"|"retry"} outcome
 * @param {function(): void} refresh
 */
export async function reconcile(operation, phase, outcome, refresh) {
  const [facts, attempt] = await Promise.all([
    factsOf(operation),
    attemptOf(operation.id, phase.name, phase.attempt).catch(() => null),
  ]);
  const { title, confirm, words } = SAID[outcome];
  const again = outcome === "retry";
  const destructive = again && phase.safety === "destructive";
  await ask(
    {
      title: title(quoted(phase)),
      body: [words(operation, phase, facts), knownView(operation, phase, attempt, facts)],
      wide: true,
      reason: "required",
      reasonLabel: "What you saw in the real system",
      typed: destructive ? laneShort(operation.lane) : null,
      confirm,
      danger: again,
      run: ({ reason }) =>
        post(operationPath(operation.id, "reconcile"), { outcome, note: reason, phase: phase.name }),
      done: "It is on record, and the operation goes on.",
    },
    refresh,
  );
}

function passing(operation, phase, facts) {
  const next = onward(operation, facts, targets(facts, phase.parent ?? phase.name, "pass"));
  return [
    say(`You say that you looked at `, laneCode(operation), ` and that ${quoted(phase)} did all that it had to. It counts as passed, with your name and note as its evidence, and ${phase.parent ? "the other branches decide with it" : next}.`),
    say("The action is not performed again, and nothing is checked on your behalf."),
  ];
}

function failing(operation, phase, facts) {
  const next = onward(operation, facts, targets(facts, phase.parent ?? phase.name, "fail"));
  return [
    say(`You say that you looked at `, laneCode(operation), ` and that ${quoted(phase)} did not do what it had to. It counts as failed, and ${phase.parent ? "the other branches decide with it" : next}.`),
    say("Nothing is undone. It can be retried afterwards."),
  ];
}

function repeating(operation, phase, facts) {
  return [
    say(`You say that nothing was done, or that doing it again does no harm. The action is performed on `, laneCode(operation), " once more, at once:"),
    effects([phase], facts),
    notice("bad", "If it is still under way, it runs twice", say("Make sure in the real system that the attempt is over before you do it again.")),
  ];
}
