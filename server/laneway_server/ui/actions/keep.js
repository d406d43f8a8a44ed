/** Keeping an operation longer than its plan says. */

import { get, operationPath, post } from "../lib/api.js";
import { ask } from "./dialog.js";
import { say } from "./words.js";

const FRESH = 10_000; // ms; an operation that is under way is shown anew with every event
const known = new Map();

/** Whether an operation is on hold; null where that cannot be told. */
export async function heldNow({ id }) {
  const before = known.get(id);
  if (before && before.until > Date.now()) return before.held;
  const held = get(operationPath(id, "hold")).catch(() => null);
  known.set(id, { held, until: Date.now() + FRESH });
  return held;
}

async function told(id, verb, reason) {
  const held = await post(operationPath(id, verb), { reason });
  known.delete(id);
  return held;
}

/** Ask whether an operation is to be put on hold. */
export async function hold(operation, refresh) {
  await ask(
    {
      title: "Keep this operation?",
      body: say("It stays with its events, evidence and artifacts, whatever its plan's retention says, until somebody releases it. Nothing is done to the real system."),
      reason: "required",
      confirm: "Put on hold",
      run: ({ reason }) => told(operation.id, "hold", reason),
      done: "It is on hold.",
    },
    refresh,
  );
}

/** Ask whether an operation is to be let go of. */
export async function release(operation, held, refresh) {
  const by = held.by?.subject ? `${held.by.subject} put it on hold: “${held.reason}”.` : "";
  await ask(
    {
      title: "Release the hold?",
      body: [
        by ? say(by) : null,
        say("Once its plan's retention says so, its events, evidence and artifacts are removed for good. Nothing is done to the real system."),
      ],
      reason: "required",
      confirm: "Release",
      run: ({ reason }) => told(operation.id, "release", reason),
      done: "It is no longer on hold.",
    },
    refresh,
  );
}
