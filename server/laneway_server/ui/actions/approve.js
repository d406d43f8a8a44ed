/** Deciding on an approval, and taking one's own back. */

import { Problem, get, operationPath, post } from "../lib/api.js";
import { notice } from "../lib/components.js";
import { h, replace } from "../lib/dom.js";
import { laneShort, phaseOf, phaseTitle } from "../lib/words.js";
import { coversView, decisionsView, differing, partWords } from "./covers.js";
import { ask, untype } from "./dialog.js";
import { ahead, changedBy, destroys, factsOf, targets } from "./facts.js";
import { changesSoFar, effects, laneCode, listed, onward, quoted, say } from "./words.js";

/** Ask whether somebody approves; what has changed meanwhile is shown, and asked about again. */
export function approve(operation, phase, refresh) {
  return decide(operation, phase, refresh, {
    decision: "approve",
    title: `Approve ${quoted(phase)} on ${laneShort(operation.lane)}?`,
    words: approving,
    reason: "optional",
    reasonLabel: "Comment",
    confirm: "Approve",
    done: "Approved.",
  });
}

/** Ask whether somebody rejects. */
export function reject(operation, phase, refresh) {
  return decide(operation, phase, refresh, {
    decision: "reject",
    title: `Reject ${quoted(phase)} on ${laneShort(operation.lane)}?`,
    words: rejecting,
    reason: "required",
    confirm: "Reject",
    done: "Rejected.",
  });
}

async function decide(operation, phase, refresh, { decision, words, ...asked }) {
  const facts = await factsOf(operation);
  const seen = { operation, phase };
  const body = h("div", { class: "stack" });
  const draw = (changed) => replace(body, shown(seen, facts, words, changed));
  draw(null);
  const dangerous = decision === "approve" && destroys(following(seen, facts));
  await ask(
    {
      ...asked,
      body,
      wide: true,
      typed: dangerous ? laneShort(operation.lane) : null,
      danger: dangerous || decision === "reject",
      run: ({ reason }) => sent(seen, decision, reason).catch((problem) => anew(problem, seen, body, draw)),
    },
    refresh,
  );
}

function shown({ operation, phase }, facts, words, changed) {
  return [
    changed ? changedNotice(changed) : null,
    words(operation, phase, facts),
    h("h3", null, "What the decision is about"),
    coversView(operation, phase, changed ?? []),
    h("h3", null, "Who else has decided"),
    decisionsView(phase.approval),
  ];
}

function changedNotice(changed) {
  const what = changed.length ? `Another now: ${listed(partWords(changed))}.` : "Somebody has asked for it anew.";
  return notice("alarm", "What is to be decided has changed since you opened this", say(`${what} Read it again, then decide.`));
}

function sent({ operation, phase }, decision, comment) {
  const body = { phase: phase.name, decision, digest: phase.approval.digest, comment };
  return post(operationPath(operation.id, "approvals"), body);
}

/** After a digest that is no longer the one: show what it covers now, and ask again. */
async function anew(problem, seen, body, draw) {
  if (!(problem instanceof Problem) || problem.code !== "digest_mismatch") throw problem;
  const before = seen.phase.approval.covers;
  const operation = await get(operationPath(seen.operation.id));
  const phase = phaseOf(operation, seen.phase.name);
  if (phase?.approval) {
    Object.assign(seen, { operation, phase });
    draw(differing(before, phase.approval.covers));
    untype(body);
    body.firstElementChild?.scrollIntoView({ block: "nearest" });
  }
  throw problem;
}

function following({ operation, phase }, facts) {
  return ahead(operation, facts, targets(facts, phase.name, "approved")).filter(({ name }) => name !== phase.name);
}

function approving(operation, phase, facts) {
  const { quorum, decisions } = phase.approval;
  const others = quorum - decisions.filter(({ decision }) => decision === "approve").length - 1;
  const next = onward(operation, facts, targets(facts, phase.name, "approved"));
  const then = others > 0
    ? `Yours is not the last: ${others} more must approve, then ${next}.`
    : `With yours it is approved, and ${next} at once.`;
  return [
    say(then, " This is what it may then do to the real system on ", laneCode(operation), ":"),
    effects(following({ operation, phase }, facts), facts),
  ];
}

function rejecting(operation, phase, facts) {
  const next = onward(operation, facts, targets(facts, phase.name, "rejected"));
  return [
    say(`One rejection is enough: ${next}, whoever has approved.`),
    say(changesSoFar(operation)),
    changedBy(operation).length ? null : say("Whoever still wants it submits it again."),
  ];
}

/** Ask whether somebody takes their approval back. */
export async function revoke(operation, phase, refresh) {
  await ask(
    {
      title: `Take your approval of ${quoted(phase)} back?`,
      body: say(`It no longer counts. ${phaseTitle(phase)} is asked for again before anything is done because of it; nothing was so far.`),
      reason: "required",
      confirm: "Take it back",
      danger: true,
      run: ({ reason }) => sent({ operation, phase }, "revoke", reason),
      done: "Your approval is taken back.",
    },
    refresh,
  );
}
