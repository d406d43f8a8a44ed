/**
 * What people can tell an operation as it is now: one table. The server's own is `LEGAL` of
 * engine/laneway/core/decide.py, and has the last word: what is shown here in error is refused.
 */

const UNFINISHED = ["pending", "running", "waiting", "paused", "reconciliation_required"];
const UNDER_WAY = ["running", "waiting", "paused"];
const STOPPED_SHORT = ["fail", "refused", "cancelled"];
const ENDED = ["pass", ...STOPPED_SHORT];

/**
 * For each thing that can be told: what the policy must allow, in which statuses it is possible,
 * and what must hold besides.
 *
 * @type {Object<string, {may: string, when: string[], where?: function(Object, Object): boolean}>}
 */
export const POSSIBLE = {
  approve: { may: "approve", when: ["waiting"], where: (operation) => asked(operation).length > 0 },
  revoke: {
    may: "approve",
    when: UNDER_WAY,
    where: (operation, session) => revocable(operation, session).length > 0,
  },
  reconcile: { may: "reconcile", when: ["reconciliation_required"] },
  resume: {
    may: "pause",
    when: UNDER_WAY,
    where: ({ status, pause_requested: will }) => status === "paused" || will,
  },
  pause: {
    may: "pause",
    when: ["running", "waiting"],
    where: ({ pause_requested: will, cancel_requested: stops }) => !will && !stops,
  },
  cancel: {
    may: "cancel",
    when: UNFINISHED,
    where: ({ possible, cancel_requested: asked }) => !asked && possible.cancel !== "refuse",
  },
  retry: { may: "retry", when: STOPPED_SHORT, where: ({ possible }) => possible.retry !== null },
  again: { may: "submit", when: ENDED },
  keep: { may: "admin", when: [...UNFINISHED, ...ENDED] },
};

/**
 * Whether something can be told now.
 *
 * @param {string} what a name of the table
 * @param {Object} operation as GET shows it
 * @param {Object} session who would tell it
 * @param {Set<string>} acts what the policy lets them do with it
 */
export function possible(what, operation, session, acts) {
  const { may, when, where = () => true } = POSSIBLE[what];
  return acts.has(may) && when.includes(operation.status) && where(operation, session);
}

/** The phases whose approval is asked for now. */
export function asked(operation) {
  return operation.phases.filter(({ status, approval }) => approval && status === "waiting");
}

/** The phases whose outcome nobody knows. */
export function unknown(operation) {
  return operation.phases.filter(({ status }) => status === "reconciliation_required");
}

/** The phases that somebody has approved, and could take that back. */
export function revocable(operation, session) {
  return operation.phases.filter(
    ({ approval }) => approval && !approval.used && decidedBy(approval, session) === "approve",
  );
}

/** What somebody has decided on an approval: "approve", "reject" or null. */
export function decidedBy(approval, session) {
  return approval.decisions.find(({ by }) => samePerson(by, session))?.decision ?? null;
}

/** Whether an actor is who the session is of: the same subject, or the same human behind two. */
export function samePerson(actor, { subject, person }) {
  return actor.subject === subject || Boolean(person && actor.claims?.person === person);
}

/** Whether somebody asked for the operation and may therefore not approve it. */
export function isOwn(operation, approval, session) {
  return !approval.allow_requester && samePerson(operation.requested_by, session);
}
