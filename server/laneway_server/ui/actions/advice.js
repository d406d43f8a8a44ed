/** What to do about a refusal, in words, beside what the server says of it. */

import { Problem } from "../lib/api.js";

const ADVICE = {
  illegal_transition: "The operation has gone on since this was opened. Go back, and look at it as it is now.",
  not_cancellable: "Let it go on to its end. Where it waits for a reconciliation, reconcile it.",
  self_approval: "Ask somebody else who has the role that the approval names.",
  authorization_denied: "Ask whoever keeps the server's access file for a rule that allows it.",
  lane_busy: "Wait until that operation has ended, or let this one wait in the queue of the lane.",
  lane_frozen: "Look at the lane to see who froze it. Unfreeze it once the reason is gone.",
  repeat_not_accepted: "Look at that operation first. Whoever wants it done again must say so.",
  draining: "The server is about to stop. Try again in a moment: it is not done twice.",
  store_unavailable: "Nothing was written. Try again in a moment: it is not done twice.",
  rate_limited: "Wait a little, then try again: it is not done twice.",
  not_found: "It is not there any more, or you may no longer read it.",
  csrf_failed: "Load the page anew, and try again.",
};

/** The same problem, with what to do about it said in its detail. */
export function advised(problem) {
  const advice = problem instanceof Problem ? ADVICE[problem.code] : undefined;
  if (!advice) return problem;
  const detail = sentence(problem.detail);
  const body = { ...problem.body, detail: detail ? `${detail} ${advice}` : advice };
  return new Problem(body, problem.status, problem.retryAfter);
}

/** Do something; a refusal comes with what to do about it. */
export async function advisedly(act) {
  try {
    return await act();
  } catch (problem) {
    throw advised(problem);
  }
}

/** A text of the server's as a sentence. */
export function sentence(text) {
  const trimmed = String(text ?? "").trim();
  if (!trimmed) return "";
  const first = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
