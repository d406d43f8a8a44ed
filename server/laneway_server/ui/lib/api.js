/**
 * The public HTTP API, as `curl` sees it: JSON in and out, problems as errors.
 */

import { noteServerDate } from "./time.js";

const NAME = "laneway.name";
const credentials = { csrf: null };
const signedOut = new Set();

/**
 * The server's answer that it will not do what was asked (RFC 9457); see /problems/CODE.
 *
 * `status`, `code`, `title`, `detail`; `errors` ([{path, message}], maybe empty), `operation` (an
 * id, an operation or null), `trace_id`, `retryAfter` (seconds or null), `body` (all of it).
 */
export class Problem extends Error {
  constructor(body, status, retryAfter = null) {
    super(body.detail || body.title || `The server answered ${status}`);
    this.name = "Problem";
    this.status = status;
    this.code = body.code ?? `http_${status}`;
    this.title = body.title ?? `The server answered ${status}`;
    this.detail = body.detail ?? "";
    this.errors = body.errors ?? [];
    this.operation = body.operation ?? null;
    this.trace_id = body.trace_id ?? null;
    this.retryAfter = retryAfter;
    this.body = body;
  }
}

/** The server could not be reached, or did not answer to the end. */
export class Offline extends Error {
  constructor(cause) {
    super("The server cannot be reached");
    this.name = "Offline";
    this.cause = cause;
  }
}

/** Whether that can happen to any request: refused, out of reach, or given up with its view. */
export function expected(error) {
  return error instanceof Problem || error instanceof Offline || error?.name === "AbortError";
}

/** Let go by what can happen to any request; the page's own mistakes are told (see main.js). */
export function passOver(error) {
  if (!expected(error)) reportError(error);
}

/**
 * Ask for something.
 *
 * @param {string} path of the API, such as "/v1/lanes"
 * @param {{query?: Object|URLSearchParams, signal?: AbortSignal, headers?: Object}} [how] of the
 *   query, null, undefined and "" are left out
 * @returns {Promise<*>} the JSON; the text where it is none; null for no content
 * @throws {Problem|Offline|DOMException} the last where `signal` was aborted
 */
export function get(path, how = {}) {
  return call("GET", path, how);
}

/**
 * Change something.
 *
 * @param {string} path
 * @param {Object|null} body
 * @param {{key?: string, signal?: AbortSignal}} [how] `key`: the Idempotency-Key
 * @returns {Promise<*>} as for `get`
 */
export function post(path, body, how = {}) {
  const headers = how.key ? { "Idempotency-Key": how.key } : {};
  return call("POST", path, { ...how, headers, body: body ?? {} });
}

/** Remove something; as `post`, without a body. */
export function del(path, how = {}) {
  return call("DELETE", path, how);
}

/** A new Idempotency-Key. Keep it while the same work is tried again. */
export function newKey() {
  return crypto.randomUUID();
}

/** An address with a query; null, undefined and "" are left out. */
export function address(path, query) {
  const pairs = query instanceof URLSearchParams ? [...query] : Object.entries(query ?? {});
  const given = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}

/** Where a lane is in the API. */
export function lanePath(lane) {
  const names = [lane.product, lane.context, lane.instance];
  return `/v1/lanes/${names.map(encodeURIComponent).join("/")}`;
}

/** Where an operation is in the API. */
export function operationPath(id, ...more) {
  return ["/v1/operations", ...[id, ...more].map(encodeURIComponent)].join("/");
}

// --- who calls ------------------------------------------------------------------------------------

/** What a browser's session sends with whatever changes something; null without a session. */
export function setCsrf(token) {
  credentials.csrf = token;
}

/** Who the page says it is where access is open; null: nobody in particular. */
export function openName() {
  return localStorage.getItem(NAME);
}

/** Say who one is, where access is open; null forgets it. */
export function setOpenName(name) {
  if (name) localStorage.setItem(NAME, name);
  else localStorage.removeItem(NAME);
}

/** The headers that say who calls. */
export function identity() {
  const name = openName();
  return name ? { Authorization: `Bearer ${name}` } : {};
}

/** Be told when the server does not know (any more) who calls. Returns what ends it. */
export function onSignedOut(listener) {
  signedOut.add(listener);
  return () => signedOut.delete(listener);
}

/** Tell everybody that the server does not know who calls. */
export function tellSignedOut(problem) {
  for (const listener of signedOut) listener(problem);
}

// --- calling --------------------------------------------------------------------------------------

async function call(method, path, { query, signal, headers = {}, body }) {
  const changing = method !== "GET" && credentials.csrf;
  const init = {
    method,
    signal,
    headers: {
      Accept: "application/json",
      ...identity(),
      ...(changing ? { "X-CSRF-Token": credentials.csrf } : {}),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  };
  return answerOf(await reached(address(path, query), init));
}

/** What `get` gives for a response; throws as it does. */
export function answerOf(response) {
  noteServerDate(response.headers.get("Date"));
  return response.ok ? content(response) : refused(response);
}

async function reached(url, init) {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Offline(error);
  }
}

async function content(response) {
  if (response.status === 204) return null;
  const json = (response.headers.get("Content-Type") ?? "").includes("json");
  try {
    return json ? await response.json() : await response.text();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Offline(error);
  }
}

async function refused(response) {
  const problem = await problemOf(response);
  if (problem.status === 401) {
    if (openName()) setOpenName(null);
    tellSignedOut(problem);
  }
  throw problem;
}

/** The problem that a response is. */
export async function problemOf(response) {
  const isProblem = (response.headers.get("Content-Type") ?? "").includes("json");
  const body = isProblem ? await response.json().catch(() => ({})) : {};
  const after = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return new Problem(body, response.status, Number.isNaN(after) ? null : after);
}
