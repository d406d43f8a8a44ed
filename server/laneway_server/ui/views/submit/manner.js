/** Why it is done, and what to do where the lane is held. */

import { h } from "../../lib/dom.js";
import { framed } from "../../lib/schema-form/frame.js";

const WORDS = { reject: "refuse it", queue: "let it wait in the queue" };

/**
 * @param {Object} plan as GET /v1/plans/NAME shows it
 * @param {Object|null} held the lane
 * @param {Object|null} before the operation that is submitted again
 * @param {function(): void} onchange
 * @returns {{node, read: function(): {reason: string, when_busy: string}, show: function(string, string[])}}
 */
export function manner(plan, held, before, onchange) {
  const reason = h("textarea", { rows: 2, maxlength: 4000, oninput: onchange });
  const why = framed({ label: "Reason", description: "Kept with the operation, for those who approve it and those who look at it later." }, reason);
  const busy = busySelect(plan, onchange);
  const when = busy ? framed({ label: "Where the lane is held", description: busyHint(held), optional: false }, busy) : null;
  return {
    node: h("div", { class: "fields" }, why.node, when?.node),
    read: () => ({ reason: reason.value.trim(), when_busy: busy?.value ?? "" }),
    queue: () => busy && (busy.value = "queue"),
    show: (name, messages) => (name === "reason" ? why : when)?.say(messages),
  };
}

/** Plans that only read share their lane, and wait for nobody. */
function busySelect(plan, onchange) {
  const { mode = "exclusive", when_busy: own = "reject" } = plan.document.lane ?? {};
  if (mode === "shared") return null;
  return h(
    "select",
    { onchange },
    h("option", { value: "" }, `As the plan says: ${WORDS[own]}`),
    Object.entries(WORDS).map(([value, words]) => h("option", { value }, words.charAt(0).toUpperCase() + words.slice(1))),
  );
}

function busyHint(held) {
  if (!held?.busy) return "One operation works on a lane at a time. Nobody holds it now.";
  const queued = held.queued ? `, and ${held.queued} ${held.queued === 1 ? "waits" : "wait"} for it` : "";
  return `One operation works on a lane at a time. It is held now${queued}.`;
}
