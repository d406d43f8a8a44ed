/**
 * All events of one operation: loaded page by page, and kept up to date.
 */

import { get, operationPath } from "../../lib/api.js";

const PAGE = 1_000;

/**
 * The events of an operation, in order and without a gap.
 *
 * `events` are those that are loaded, `complete` says whether there are no more for now.
 */
export class History {
  /**
   * @param {string} id of the operation
   * @param {function(Array<Object>): void} onEvents gets the new ones, in order
   * @param {{signal: AbortSignal, onError: function(Error): void}} how
   */
  constructor(id, onEvents, { signal, onError }) {
    this.events = [];
    this.complete = false;
    this._path = operationPath(id, "events");
    this._onEvents = onEvents;
    this._onError = onError;
    this._signal = signal;
    this._wanted = 0;
    this._busy = false;
  }

  /** The seq of the newest that is loaded. */
  get seq() {
    return this.events.at(-1)?.seq ?? 0;
  }

  /**
   * Have everything up to a seq.
   *
   * @param {number} seq of the operation as it was read
   * @param {Array<Object>} news events that came by themselves, which need not be asked for
   */
  async reach(seq, news = []) {
    this._wanted = Math.max(this._wanted, seq);
    if (this._busy) return;
    this._take(news.filter((event) => event.seq > this.seq));
    await this._load();
  }

  /** Take events that follow on what is there; others are left to be loaded. */
  _take(events) {
    const next = [];
    for (const event of events) {
      if (event.seq !== this.seq + next.length + 1) break;
      next.push(event);
    }
    if (!next.length) return;
    this.events.push(...next);
    this.complete = this.seq >= this._wanted;
    this._onEvents(next);
  }

  async _load() {
    this._busy = true;
    try {
      while (this.seq < this._wanted && !this._signal.aborted) await this._page();
      this.complete = true;
    } catch (error) {
      if (error.name !== "AbortError") this._onError(error);
    } finally {
      this._busy = false;
    }
  }

  async _page() {
    const query = { after: this.seq, limit: PAGE };
    const page = await get(this._path, { query, signal: this._signal });
    if (!page.events.length) throw new Error("The server shows fewer events than it says there are");
    this._take(page.events);
  }
}
