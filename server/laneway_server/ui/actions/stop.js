/** Cancelling, pausing, and going on. */

import { operationPath, post } from "../lib/api.js";
import { laneShort, phaseTitle } from "../lib/words.js";
import { when } from "../lib/time.js";
import { ask } from "./dialog.js";
import { ahead, changedBy, current, destroys, does, factsOf, targets } from "./facts.js";
import { changesSoFar, effects, laneCode, onward, quoted, say } from "./words.js";

const tell = (operation, verb, body) => post(operationPath(operation.id, verb), body);

/** Ask whether an operation is to be cancelled. */
export async function cancel(operation, session, refresh) {
  const facts = await factsOf(operation);
  const phase = current(operation);
  await ask(
    {
      title: `Cancel the operation on ${laneShort(operation.lane)}?`,
      body: cancelling(operation, phase, facts),
      reason: "required",
      confirm: "Cancel the operation",
      danger: true,
      run: ({ reason }) => tell(operation, "cancel", { reason }),
      done: operation.possible.cancel === "defer" ? "It will be cancelled." : "Cancelled.",
    },
    refresh,
  );
}

function cancelling(operation, phase, facts) {
  if (operation.status === "pending") {
    return [say("It has not begun: it leaves the queue of ", laneCode(operation), ", and ends as cancelled.")];
  }
  const clean = phase ? targets(facts, phase.name, "cancelled") : [];
  const then = clean.length ? `Then ${onward(operation, facts, clean)}.` : "Then it ends as cancelled, and gives the lane free.";
  return [say(stopping(operation, phase)), say(changesSoFar(operation)), say(then)];
}

function stopping(operation, phase) {
  if (!phase) return "It stops where it is.";
  const name = quoted(phase);
  if (operation.possible.cancel === "defer") {
    return `${name} cannot be stopped midway without harm: it goes on to its end, and only then the operation stops.`;
  }
  if (operation.status === "paused") return `It stands before ${name}, which does not begin.`;
  if (phase.kind === "approval") return `Nobody is asked for ${name} any more.`;
  if (phase.status === "waiting") return `It waits in ${name}, and waits no longer.`;
  return `${name} is stopped at once.`;
}

/** Ask whether an operation is to stop before its next phase. */
export async function pause(operation, session, refresh) {
  const phase = current(operation);
  await ask(
    {
      title: "Pause before the next phase?",
      body: [
        say(phase ? `${quoted(phase)} goes on to its end.` : "What is under way goes on to its end.", " Before the next phase the operation stops, until somebody resumes or cancels it."),
        say("It keeps the lane: nothing else can begin on ", laneCode(operation), " meanwhile."),
        operation.deadline_at ? say("Its deadline stays ", when(operation.deadline_at), ", paused or not.") : null,
      ],
      reason: "optional",
      confirm: "Pause",
      run: ({ reason }) => tell(operation, "pause", { reason }),
      done: "It will pause before its next phase.",
    },
    refresh,
  );
}

/** Ask whether an operation is to go on. */
export async function resume(operation, session, refresh) {
  const facts = await factsOf(operation);
  const paused = operation.status === "paused";
  const next = paused ? current(operation) : null;
  const begins = next ? beginning(operation, next) : [];
  await ask(
    {
      title: paused ? "Go on?" : "Do not pause after all?",
      body: paused ? goingOn(operation, next, begins, facts) : say("It goes on without stopping before its next phase."),
      typed: destroys(begins) ? laneShort(operation.lane) : null,
      confirm: paused ? "Resume" : "Do not pause",
      danger: destroys(begins),
      run: () => tell(operation, "resume", {}),
      done: "It goes on.",
    },
    refresh,
  );
}

/** What begins with a phase: its own action, or those of its branches. */
function beginning(operation, next) {
  const own = ({ name, parent }) => name === next.name || parent === next.name;
  return operation.phases.filter((phase) => phase.action && own(phase));
}

function goingOn(operation, next, begins, facts) {
  if (!next) return say("It goes on where it stopped.");
  const phases = facts.plan ? ahead(operation, facts, [next.name]) : begins;
  return [
    say(`It goes on with ${quoted(next)} on `, laneCode(operation), " at once."),
    begins.length ? effects(begins, facts) : say(does(facts, next) || `${phaseTitle(next)} begins.`),
    destroys(phases) && !destroys(begins) ? say("Further on in its plan it destroys what is there.") : null,
    changedBy(operation).length ? say(changesSoFar(operation)) : null,
  ];
}
