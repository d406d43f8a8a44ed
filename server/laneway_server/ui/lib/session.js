/**
 * Who uses the page, and what the policy lets them do. The page hides what is forbidden; the server
 * refuses it all the same.
 */

import { del, get, setCsrf } from "./api.js";

const REMEMBERED = 30_000; // ms; a policy may change while the page is open
const answers = new Map();
const listeners = new Set();
let current = null;

/**
 * Who the caller is.
 *
 * @returns {Promise<{subject, name, issuer, groups, person, signed_in, csrf, may}>}
 * @throws {Problem} 401 where nobody is signed in
 */
export function session() {
  current ??= load();
  return current;
}

/** Ask anew who the caller is; and tell whoever wants to know. */
export async function refreshSession() {
  answers.clear();
  current = load();
  tell(await current.catch(() => null));
  return current;
}

function tell(found) {
  for (const listener of listeners) listener(found);
}

/** Be told who the caller is (null: nobody) whenever that is asked anew. Returns what ends it. */
export function onSession(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Forget who the caller was; the next question goes to the server. */
export function forgetSession() {
  answers.clear();
  current = null;
  setCsrf(null);
  tell(null);
}

/**
 * Whether the caller may do something.
 *
 * @param {string} act submit, read, cancel, pause, approve, reconcile, retry, freeze or admin
 * @param {{plan?: string, lane?: {product, context, instance}, role?: string}} [about]
 * @returns {Promise<boolean>} false where it cannot be told
 */
export async function may(act, about = {}) {
  const acts = await mayDo(about);
  return acts.has(act);
}

/**
 * All that the caller may do; arguments as for `may`.
 *
 * @returns {Promise<Set<string>>}
 */
export async function mayDo({ plan, lane, role } = {}) {
  const query = { plan, ...(lane ? names(lane) : {}), role };
  const key = JSON.stringify(query);
  const known = answers.get(key);
  if (known && known.until > Date.now()) return known.acts;
  const acts = get("/v1/session", { query }).then(
    (answer) => new Set(answer.may),
    () => new Set(),
  );
  answers.set(key, { acts, until: Date.now() + REMEMBERED });
  return acts;
}

/** End the browser's session. */
export async function signOut() {
  await del("/v1/session");
  forgetSession();
}

function names({ product, context, instance }) {
  return { product, context, instance };
}

async function load() {
  try {
    const found = await get("/v1/session");
    setCsrf(found.csrf);
    return found;
  } catch (error) {
    current = null; // the next who asks tries again
    throw error;
  }
}
