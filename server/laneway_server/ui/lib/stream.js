/**
 * What happens, as it happens: one stream of all events for the whole page.
 *
 * It resumes after the last event it has seen (Last-Event-ID), so nothing is lost when the
 * connection or the server goes away for a while. Where events may have been missed all the same,
 * whoever has loaded something is told to load it again (`onResync`). The order that loses nothing
 * is: `follow` and `onResync` first, then load, then apply what comes with a seq above the loaded.
 */

import { get, identity, operationPath, passOver, problemOf, tellSignedOut } from "./api.js";
import { readEvents } from "./sse.js";

const SILENT = 45_000; // ms; the server says something every 15 s
const LONG = 10 * 60_000; // ms; who was away longer loads anew instead of catching up
const SOON = 500; // ms before the first try to come back
const LATE = 10_000; // ms between tries at most
const PACE = 200; // ms between two looks at an operation that tells much

const listeners = new Set();
const stateListeners = new Set();
const resyncs = new Set();
const here = {
  state: "connecting",
  position: null,
  tries: 0,
  lost: 0,
  abort: null,
  again: null,
  watch: null,
  began: false,
};

/** `connecting`, `live`, `reconnecting`, `resyncing` or `stopped` (no right to follow). */
export function state() {
  return here.state;
}

/** Be told the state, now and whenever it changes. Returns what ends it. */
export function onState(listener) {
  stateListeners.add(listener);
  listener(here.state);
  return () => stateListeners.delete(listener);
}

/**
 * Be told of every event that the caller may read.
 *
 * @param {function(Object, number): void} listener the event as GET …/events shows it, and its
 *   position among all events
 * @param {AbortSignal} [signal] ends it
 * @returns {function(): void} what ends it
 */
export function follow(listener, signal) {
  return added(listeners, listener, signal);
}

/**
 * Be told when events may have been missed, so that what was loaded is to be loaded again. May
 * return a promise: until it is done the page says that it is catching up.
 *
 * @returns {function(): void} what ends it
 */
export function onResync(listener, signal) {
  return added(resyncs, Object.assign(() => listener(), { since: performance.now() }), signal);
}

function added(set, listener, signal) {
  set.add(listener);
  const stop = () => set.delete(listener);
  signal?.addEventListener("abort", stop, { once: true });
  return stop;
}

// --- the connection -------------------------------------------------------------------------------

/** Begin to follow; once for the whole page, and again after signing in. */
export function startStream() {
  if (!here.began) {
    here.began = true;
    // A network that was away may leave a connection that looks open, and on which nothing comes.
    window.addEventListener("online", startStream);
    document.addEventListener("visibilitychange", () => document.hidden || hurry());
    // A page that is kept for the way back must hold no connection.
    window.addEventListener("pagehide", () => here.abort?.abort());
    window.addEventListener("pageshow", (event) => event.persisted && startStream());
  }
  clearTimeout(here.again);
  here.abort?.abort();
  if (here.state === "stopped") change("connecting");
  connect();
}

/** End the stream: whoever was allowed to follow it has signed out. */
export function stopStream() {
  const { abort } = here;
  clearTimeout(here.again);
  clearTimeout(here.watch);
  Object.assign(here, { abort: null, again: null, position: null, lost: 0, tries: 0 });
  abort?.abort();
  change("stopped");
}

function hurry() {
  if (here.state !== "reconnecting" || !here.again) return;
  clearTimeout(here.again);
  connect();
}

async function connect() {
  const early = begunEarly();
  const abort = early?.abort ?? new AbortController();
  here.abort = abort;
  here.again = null;
  if (here.lost && Date.now() - here.lost > LONG) here.position = null;
  let wait = null;
  try {
    const { response, at, position } = await (early?.events ?? opened(abort.signal));
    here.position ??= position;
    if (response.ok) await read(response, abort, at);
    else wait = await denied(response);
  } catch {
    // Out of reach, or cut off: that is what coming back is for.
  }
  if (here.abort !== abort) return; // another connection has begun in its place
  clearTimeout(here.watch);
  if (wait !== Infinity) comeBack(wait);
}

/** The stream that early.js has begun, once. */
function begunEarly() {
  const early = globalThis.laneway;
  if (!early?.events) return null;
  const { events, abort } = early;
  early.events = null;
  return { events, abort };
}

async function opened(signal) {
  const after = here.position === null ? {} : { "Last-Event-ID": String(here.position) };
  const headers = { Accept: "text/event-stream", ...identity(), ...after };
  const response = await fetch("/v1/events", { headers, signal, cache: "no-store" });
  return { response, position: here.position, at: performance.now() };
}

async function read(response, abort, at) {
  watched(abort);
  const missed = here.position === null;
  here.tries = 0;
  here.lost = 0;
  if (missed) resync(at);
  else change("live");
  await readEvents(response.body, heard, () => watched(abort));
}

/** Give up a connection on which nothing comes any more, not even that nothing is new. */
function watched(abort) {
  clearTimeout(here.watch);
  here.watch = setTimeout(() => abort.abort(), SILENT);
}

/** How long to wait (ms, null: as usual) before trying again; Infinity: it is of no use. */
async function denied(response) {
  const problem = await problemOf(response);
  if (problem.status === 401) tellSignedOut(problem);
  if (problem.status !== 401 && problem.status !== 403) return (problem.retryAfter ?? 2) * 1_000;
  change("stopped");
  return Infinity;
}

function comeBack(wait) {
  here.lost ||= Date.now();
  change("reconnecting");
  const usual = Math.min(LATE, SOON * 2 ** here.tries) * (0.75 + Math.random() / 2);
  here.tries += 1;
  here.again = setTimeout(connect, wait ?? usual);
}

function heard({ id, data }) {
  const position = Number(id);
  if (data === "") return begunAt(position);
  here.position = position;
  const event = JSON.parse(data);
  for (const listener of [...listeners]) guarded(() => listener(event, position), passOver);
}

/** The server says where the stream begins where that is not where it was asked to go on. */
function begunAt(position) {
  const asked = here.position;
  here.position = position;
  if (asked !== null && asked !== position) resync();
}

/** Have loaded again what may have been loaded before `until`, when the stream began. */
async function resync(until = Infinity) {
  const mine = here.abort;
  const concerned = [...resyncs].filter(({ since }) => since < until);
  if (concerned.length) change("resyncing");
  else change("live");
  await Promise.all(concerned.map(async (each) => each()).map((done) => done.catch(passOver)));
  if (here.abort === mine && here.state === "resyncing") change("live");
}

/** One listener's mistake is told, and must not end the others' updates. */
function guarded(act, tell) {
  try {
    act();
  } catch (error) {
    tell(error);
  }
}

function change(to) {
  if (here.state === to) return;
  here.state = to;
  for (const listener of [...stateListeners]) listener(to);
}

// --- one operation --------------------------------------------------------------------------------

/**
 * An operation, now and whenever it changes. At most one request for it is under way; events that
 * come meanwhile lead to one more.
 *
 * @param {string} id
 * @param {function(Object, Array<Object>): void} onChange the operation as GET shows it, and the
 *   events that have come since the last call (as far as they were seen)
 * @param {{onError?: function(Error): void, signal?: AbortSignal}} [how] `onError`: it could not be
 *   loaded; what is shown stays, and it is tried again with the next event or resync. Or `onChange`
 *   went wrong
 * @returns {function(): void} what ends it
 */
export function liveOperation(id, onChange, { onError = passOver, signal } = {}) {
  const over = new AbortController();
  const live = { seq: 0, wanted: false, busy: false, failed: false, over, news: [] };
  const stops = [
    follow((event) => {
      if (event.operation_id !== id || event.seq <= live.seq) return;
      live.news.push(event);
      load();
    }),
    onResync(() => load()),
    onState((now) => now === "live" && live.failed && load()),
  ];
  const stop = () => {
    stops.forEach((each) => each());
    live.over.abort();
  };
  signal?.addEventListener("abort", stop, { once: true });

  async function load() {
    live.wanted = true;
    if (live.busy) return;
    live.busy = true;
    while (live.wanted && !live.over.signal.aborted) {
      live.wanted = false;
      await once(id, live, onChange, onError);
      if (live.wanted) await new Promise((done) => setTimeout(done, PACE));
    }
    live.busy = false;
  }

  load();
  return stop;
}

async function once(id, live, onChange, onError) {
  try {
    const operation = await get(operationPath(id), { signal: live.over.signal });
    if (live.over.signal.aborted || operation.seq < live.seq) return;
    live.seq = operation.seq;
    live.failed = false;
    const news = live.news.filter((event) => event.seq <= live.seq);
    live.news = live.news.filter((event) => event.seq > live.seq);
    guarded(() => onChange(operation, news), (mistake) => {
      console.error(mistake); // where it was made; `onError` tells the reader
      guarded(() => onError(mistake), passOver);
    });
    live.wanted ||= live.news.length > 0;
  } catch (error) {
    if (error.name === "AbortError") return;
    live.failed = true;
    guarded(() => onError(error), passOver);
  }
}
