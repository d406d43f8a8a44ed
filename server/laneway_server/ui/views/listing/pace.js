/**
 * Doing something again and again, and not too often.
 */

/**
 * What has `act` done soon: at most one at a time, and not sooner than `ms` after it was asked for.
 *
 * @param {function(): Promise<void>} act must not throw
 * @param {number} ms
 * @param {AbortSignal} signal ends it
 * @returns {function(): void} asks for it
 */
export function paced(act, ms, signal) {
  const state = { timer: null, busy: false, again: false };
  const ask = () => {
    if (state.busy) state.again = true;
    else state.timer ??= setTimeout(run, ms);
  };
  async function run() {
    Object.assign(state, { timer: null, busy: true, again: false });
    await act();
    state.busy = false;
    if (state.again && !signal.aborted) ask();
  }
  signal.addEventListener("abort", () => clearTimeout(state.timer), { once: true });
  return ask;
}

/** Have `act` done every `ms` while the page is looked at, until `signal` is aborted. */
export function every(ms, act, signal) {
  const look = () => document.hidden || act();
  const timer = setInterval(look, ms);
  document.addEventListener("visibilitychange", look, { signal });
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}
