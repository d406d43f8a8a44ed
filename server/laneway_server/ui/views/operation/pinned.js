/**
 * The plan that an operation is pinned to, whatever the server offers by now.
 */

import { get, operationPath } from "../../lib/api.js";

/**
 * The plan's document.
 *
 * @param {{id: string, plan: {name: string, digest: string}}} operation
 * @param {AbortSignal} signal
 * @returns {Promise<Object>}
 */
export async function pinnedPlan({ id, plan }, signal) {
  try {
    const [name, digest] = [plan.name, plan.digest].map(encodeURIComponent);
    const version = await get(`/v1/plans/${name}/versions/${digest}`, { signal });
    return version.document;
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    return fromBundle(id, signal);
  }
}

/** The evidence bundle holds the plan of its operation, as DSSE holds it: as JSON in base64. */
async function fromBundle(id, signal) {
  const { payload } = await get(operationPath(id, "evidence"), { signal });
  const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)).predicate.plan.document;
}
