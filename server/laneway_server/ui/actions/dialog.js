/** How every dialog of an action asks, and what follows when it was done. */

import { confirmDialog, toast } from "../lib/components.js";
import { h } from "../lib/dom.js";
import { advisedly } from "./advice.js";

/**
 * Ask, do it, and tell; as `confirmDialog`, with what to do about a refusal.
 *
 * @param {Object} asked as for `confirmDialog`; `wide`: there is much to be read; `done`: what is
 *   said when it was done
 * @param {function(): void} [refresh] called when it was done
 * @returns {Promise<*>} what `run` gave; undefined where it was not done
 */
export async function ask({ wide = false, done, body, run, ...asked }, refresh = () => {}) {
  const shown = h("div", { class: ["act-body", wide && "act-wide"] }, body);
  const answered = confirmDialog({ ...asked, body: shown, run: (told) => advisedly(() => run(told)) });
  if (wide) readFirst(shown);
  const result = await answered;
  if (result === undefined) return undefined;
  if (done) toast(done);
  refresh();
  return result;
}

/** Empty the field for what must be typed: it was typed for something else than is shown now. */
export function untype(body) {
  const input = body.closest("dialog")?.querySelector(".field input[type=text]");
  if (!input) return;
  input.value = "";
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

/** What is long is read from its beginning: the fields to fill in come after it. */
function readFirst(body) {
  const dialog = body.closest("dialog");
  const heading = dialog?.querySelector("h2");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus();
  dialog.scrollTop = 0;
}
