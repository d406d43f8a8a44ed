/** Freezing a lane, and letting it take operations again. */

import { lanePath, post } from "../lib/api.js";
import { person } from "../lib/components.js";
import { ago } from "../lib/time.js";
import { laneText } from "../lib/words.js";
import { ask } from "./dialog.js";
import { say } from "./words.js";

/** Ask whether a lane is to take no new operations. */
export async function freeze(view, refresh) {
  const { lane } = view;
  await ask(
    {
      title: `Freeze ${laneText(lane)}?`,
      body: [
        say(`No new operation can begin on \`${laneText(lane)}\`: whoever submits one is told why.`),
        say(running(view)),
        say("Nothing is done to the real system."),
      ],
      reason: "required",
      confirm: "Freeze the lane",
      run: ({ reason }) => post(`${lanePath(lane)}/freeze`, { reason }),
      done: `${laneText(lane)} is frozen.`,
    },
    refresh,
  );
}

function running({ busy, queued }) {
  const holder = busy ? "The operation that holds it goes on to its end." : "Nothing runs there now.";
  if (!queued) return holder;
  const waits = queued === 1 ? "One operation waits" : `${queued} operations wait`;
  return `${holder} ${waits} for the lane: if their turn comes while it is frozen, they are refused.`;
}

/** Ask whether a lane is to take operations again. */
export async function unfreeze(view, refresh) {
  const { lane, freeze: by, queued } = view;
  const first = queued ? "The operations that wait for it begin, one after the other: the first one at once where the lane is free." : "Operations can begin on it again.";
  await ask(
    {
      title: `Unfreeze ${laneText(lane)}?`,
      body: [
        by ? say(person(by.by), " froze it ", ago(by.at), `: “${by.reason}”.`) : null,
        say(first),
      ],
      reason: "required",
      confirm: "Unfreeze the lane",
      run: ({ reason }) => post(`${lanePath(lane)}/unfreeze`, { reason }),
      done: `${laneText(lane)} takes operations again.`,
    },
    refresh,
  );
}
