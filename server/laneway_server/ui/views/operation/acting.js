/**
 * The place for what a person can do. It is filled by ui/actions; all else is there without it.
 */

import { get, operationPath } from "../../lib/api.js";
import { replace } from "../../lib/dom.js";
import { session } from "../../lib/session.js";

const PATIENCE = 1_000; // ms after which what was there goes, even if nothing takes its place

/**
 * @param {HTMLElement} place
 * @param {{operation: Object|null, show: function}} page
 * @param {AbortSignal} signal
 * @returns {function(Object): Promise<void>} is to be called with the operation as it is now
 */
export function actingOf(place, page, signal) {
  const here = { seq: 0 };
  const module = Promise.all([import("../../actions/index.js"), session()]).catch(() => null);

  /** Something was done: what came of it is asked for, also where nothing is live. */
  async function refresh() {
    const { id } = page.operation;
    const operation = await get(operationPath(id), { signal }).catch(() => null);
    if (operation && operation.seq > page.operation.seq) page.show(operation, []);
  }

  return async (operation) => {
    const found = await module;
    if (!found || signal.aborted || operation !== page.operation) return;
    if (operation.seq === here.seq) return;
    here.seq = operation.seq;
    const [{ actionsFor }, who] = found;
    swap(place, actionsFor(operation, who, refresh));
  };
}

/** What was there stays until the new has something to show, so that nothing jumps. */
function swap(place, node) {
  if (!place.firstChild) return replace(place, node);
  const over = () => {
    observer.disconnect();
    clearTimeout(timer);
    node.hidden = false;
    const at = place.contains(document.activeElement) && document.activeElement.dataset.act;
    for (const each of [...place.children]) if (each !== node) each.remove();
    // Whoever was at a button by keyboard is at the same one of the new.
    if (at) node.querySelector(`[data-act="${CSS.escape(at)}"]`)?.focus();
  };
  const observer = new MutationObserver(over);
  const timer = setTimeout(over, PATIENCE);
  for (const each of [...place.children]) if (each !== place.firstElementChild) each.remove();
  node.hidden = true;
  place.append(node);
  observer.observe(node, { childList: true });
  return place;
}
