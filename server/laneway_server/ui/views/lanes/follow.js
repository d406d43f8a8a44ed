/**
 * Keeps lanes up to date: loads the list, and again what events say has changed.
 */

import { answerOf, passOver } from "../../lib/api.js";
import { follow, onResync, onState } from "../../lib/stream.js";
import { laneText } from "../../lib/words.js";

const PAGE = 1_000;
const GATHERED = 150; // ms for which changes are gathered
const SINGLY = 5; // lanes that are loaded one by one; more are loaded with all the others
const FREEZES = 30_000; // ms; a lane's freeze is no event, so the list is looked at now and then
const QUIET = new Set(["phase_progressed", "authorization_checked", "phase_recovering"]);

/**
 * Follow the lanes.
 *
 * @param {Object} how
 * @param {function} how.get as of lib/api.js
 * @param {AbortSignal} how.signal
 * @param {Map<string, Object>} how.known the lanes that are shown, by their names
 * @param {function(Array, Array<string>): void} how.onLanes lanes as they are now, and the names of
 *   those that are there no more
 * @returns {{first: function(): Promise, rest: function(): Promise}} load what is seen first, then
 *   all that is below; what happens from the first call on is not missed
 */
export function follower({ get, signal, known, onLanes }) {
  const loading = { dirty: new Set(), all: false, failed: false, timer: null, cursor: null };
  const here = { get, signal, known, onLanes, places: new Map(), ...loading };
  const watch = () => {
    follow((event) => heard(here, event), signal);
    onResync(() => attempt(here, () => everything(here)), signal);
    const stop = onState((state) => state === "live" && here.failed && gather(here, null));
    const look = setInterval(() => document.hidden || gather(here, null), FREEZES);
    const over = () => (stop(), clearInterval(look), clearTimeout(here.timer));
    signal.addEventListener("abort", over, { once: true });
  };
  return {
    first: () => (watch(), page(here)),
    rest: async () => {
      while (here.cursor) await page(here);
    },
  };
}

/** Load the next lanes, and show them with those before. */
async function page(here) {
  const query = { limit: PAGE, cursor: here.cursor };
  const found = (await early()) ?? (await here.get("/v1/lanes", { query, signal: here.signal }));
  here.cursor = found.next_cursor;
  told(here, found.lanes);
}

/** The first lanes, where early.js has asked for them already. */
async function early() {
  const asked = globalThis.laneway?.lanes;
  if (!asked) return null;
  globalThis.laneway.lanes = null;
  const response = await asked.catch(() => null);
  return response && answerOf(response);
}

function told(here, lanes, gone = []) {
  for (const { lane, holder } of lanes) if (holder) here.places.set(holder.id, lane);
  here.onLanes(lanes, gone);
}

function heard(here, event) {
  if (event.type === "operation_accepted") here.places.set(event.operation_id, event.data.lane);
  if (!QUIET.has(event.type)) gather(here, here.places.get(event.operation_id) ?? null);
}

/** Note that a lane (null: any) has changed; what comes within a moment is loaded together. */
function gather(here, lane) {
  if (lane) here.dirty.add(laneText(lane));
  else here.all = true;
  here.timer ??= setTimeout(() => flush(here), GATHERED);
}

async function flush(here) {
  const { dirty, all } = here;
  Object.assign(here, { dirty: new Set(), all: false });
  await attempt(here, () => {
    if (all || dirty.size > SINGLY) return everything(here);
    return Promise.all([...dirty].map((name) => single(here, name)));
  });
  here.timer = here.dirty.size || here.all ? setTimeout(() => flush(here), GATHERED) : null;
}

/** Load; what is out of reach is loaded again when the stream, which notices too, is back. */
async function attempt(here, load) {
  try {
    await load();
    here.failed = false;
  } catch (problem) {
    here.failed = true;
    passOver(problem);
  }
}

async function single(here, name) {
  const [product, context, instance] = name.split("/");
  const query = { product, context, instance, limit: 1 };
  const found = await here.get("/v1/lanes", { query, signal: here.signal });
  told(here, found.lanes, found.lanes.length ? [] : [name]);
}

async function everything(here) {
  const lanes = [];
  let cursor = null;
  do {
    const found = await here.get("/v1/lanes", { query: { limit: PAGE, cursor }, signal: here.signal });
    lanes.push(...found.lanes);
    cursor = found.next_cursor;
  } while (cursor);
  const names = new Set(lanes.map(({ lane }) => laneText(lane)));
  told(here, lanes, [...here.known.keys()].filter((name) => !names.has(name)));
}
