/**
 * Sending a submission so that it is taken once: its Idempotency-Key is made once per form, and
 * kept (with the tab, too) until it is known what became of it.
 */

import { Offline, Problem, newKey, post } from "../../lib/api.js";
import { notice, operationLink, problemNotice, toast } from "../../lib/components.js";
import { h, replace } from "../../lib/dom.js";
import { go } from "../../lib/router.js";
import { laneText } from "../../lib/words.js";

const STORED = "laneway.unanswered";

/**
 * What sends the submissions of a form.
 *
 * @returns {{dry: function(Object): Promise<Object>, real: function(Object): Promise<void>}} `dry`
 *   gives the operation; `real` goes to it
 */
export function sender(form) {
  const keys = { dry: null, real: null };
  const send = (kind, body) => once(keys, kind, body);
  return {
    dry: (document) => send("dry", { ...document, dry_run: true }),
    real: async (document) => {
      const operation = await send("real", document);
      if (form.signal.aborted) return;
      toast("Submitted.");
      await go(`/operations/${encodeURIComponent(operation.id)}`);
    },
  };
}

async function once(keys, kind, body) {
  keys[kind] ??= newKey();
  if (kind === "real") keep({ key: keys[kind], body });
  try {
    const operation = await post("/v1/operations", body, { key: keys[kind] });
    settled(keys, kind);
    return operation;
  } catch (problem) {
    // The key's operation is one that was asked for before: now it is known what became of that.
    if (problem.code === "idempotency_key_reused") settled(keys, kind);
    else if (isKnown(problem)) forget(kind);
    throw problem;
  }
}

/** Whether it is known that nothing came of it: the server has said no. */
function isKnown(problem) {
  return problem instanceof Problem && problem.status < 500 && problem.status !== 408;
}

function settled(keys, kind) {
  keys[kind] = null;
  forget(kind);
}

function keep(sent) {
  sessionStorage.setItem(STORED, JSON.stringify(sent));
}

function forget(kind) {
  if (kind === "real") sessionStorage.removeItem(STORED);
}

/**
 * What is said where it is not known whether a submission was taken, or where it turns out that an
 * earlier one was; null for any other problem.
 */
export function unanswered(problem) {
  if (problem.code === "idempotency_key_reused" && problem.operation) {
    return notice(
      "wait",
      "Your earlier submission was taken after all",
      h("p", null, "It was sent before you changed the form: ", operationLink(problem.operation), ". Look at it first. To submit what the form says now, press the button again."),
    );
  }
  if (!(problem instanceof Offline) && (problem.status ?? 0) < 500) return null;
  return notice(
    "bad",
    "It is not known whether it was taken",
    h("p", null, problem instanceof Offline ? "The server cannot be reached, or its answer was lost." : problem.detail || problem.message),
    h("p", null, "Press the button again: whatever became of it, it is not done twice."),
  );
}

/** What this tab sent and was never answered, since it was closed or loaded anew; or null. */
export function outstanding() {
  const sent = stored();
  if (!sent) return null;
  const answer = h("div", { "aria-live": "polite" });
  const again = h("button", { type: "button", onclick: () => asked(sent, answer, again) }, "Send it again");
  const drop = h("button", { type: "button", class: "plain", onclick: () => (forget("real"), box.remove()) }, "Forget it");
  const box = notice(
    "wait",
    "A submission of yours was not answered",
    h("p", null, `${sent.body.plan} on ${laneText(sent.body.lane)}. If the server has taken it, sending it again leads to that operation, and does nothing twice; else it is submitted now.`),
    h("p", { class: "row row-wide" }, again, drop),
    answer,
  );
  return box;
}

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(STORED));
  } catch {
    return null;
  }
}

async function asked({ key, body }, answer, button) {
  button.disabled = true;
  try {
    const operation = await post("/v1/operations", body, { key });
    forget("real");
    await go(`/operations/${encodeURIComponent(operation.id)}`);
  } catch (problem) {
    if (isKnown(problem)) forget("real");
    replace(answer, problemNotice(problem));
  } finally {
    button.disabled = false;
  }
}
