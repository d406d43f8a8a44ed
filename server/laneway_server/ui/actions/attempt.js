/** What is on record of an attempt: what was asked of the driver, and what it has told since. */

import { get, operationPath } from "../lib/api.js";

const PAGE = 1_000; // events

/**
 * What became known of an attempt, from the operation's events.
 *
 * @typedef {Object} Attempt
 * @property {Object|null} asked `phase_started`'s data: action, parameters, token, timeout_at
 * @property {string|null} askedAt
 * @property {Array<{at: string, message: string, data: Object}>} told what the driver reported
 * @property {Object|null} checkpoint the newest: what `recover` was given
 * @property {Array<{at: string, reason: string, failure: Object|null}>} recoveries when and why the
 *   driver was asked what became of it
 * @property {{at: string, failure: Object}|null} unknown what it said last
 */

/**
 * @param {string} id of the operation
 * @param {string} phase
 * @param {number} number of the attempt
 * @returns {Promise<Attempt>}
 */
export async function attemptOf(id, phase, number) {
  const attempt = { asked: null, askedAt: null, told: [], checkpoint: null, recoveries: [], unknown: null };
  for await (const event of events(id)) {
    if (event.phase === phase && event.attempt === number) READ[event.type]?.(attempt, event);
  }
  return attempt;
}

const READ = {
  phase_started: (attempt, { at, data }) => Object.assign(attempt, { asked: data, askedAt: at }),
  phase_progressed: (attempt, { at, data }) => {
    attempt.told.push({ at, message: data.message, data: data.data ?? {} });
    attempt.checkpoint = data.checkpoint ?? attempt.checkpoint;
  },
  phase_recovering: (attempt, { at, data }) => {
    attempt.recoveries.push({ at, reason: data.reason, failure: data.failure ?? null });
  },
  phase_outcome_unknown: (attempt, { at, data }) => (attempt.unknown = { at, failure: data.failure }),
};

async function* events(id) {
  let after = 0;
  for (;;) {
    const page = await get(operationPath(id, "events"), { query: { after, limit: PAGE } });
    yield* page.events;
    if (page.events.length < PAGE) return;
    after = page.next_after;
  }
}
