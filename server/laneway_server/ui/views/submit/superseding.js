/** Doing again what was done before: explained, and accepted by typing the lane's name. */

import { get, operationPath } from "../../lib/api.js";
import { badge, notice, operationLink, person } from "../../lib/components.js";
import { h, replace } from "../../lib/dom.js";
import { newId } from "../../lib/schema-form/frame.js";
import { ago } from "../../lib/time.js";
import { laneShort } from "../../lib/words.js";

/**
 * @param {Object} form
 * @param {string|null} named the operation that the address says is to be done again
 * @param {function(): void} onchange
 * @returns {{node, read: function(): string|null, accepted: function(): boolean,
 *   ask: function(string): void, focus: function(): void}} `accepted`: nothing was done before, as
 *   far as is known here, or whoever submits has typed the lane
 */
export function superseding(form, named, onchange) {
  const node = h("div", { class: "submit-superseding" });
  const state = { id: null, input: null };
  const ask = (id) => {
    state.id = typeof id === "string" ? id : (id?.id ?? null);
    draw(form, node, state, onchange);
    onchange();
    state.input?.focus();
  };
  const last = named ?? lastOf(form);
  if (last) {
    state.id = last;
    draw(form, node, state, onchange);
  }
  const accepted = () => !state.id || state.input.value.trim() === laneShort(form.lane);
  return {
    node,
    read: () => (state.id && accepted() ? state.id : null),
    accepted,
    ask,
    focus: () => state.input?.focus(),
  };
}

/** The operation of this plan that began to destroy something on the lane last, where the plan
 *  wants it to be named. */
function lastOf({ plan, held }) {
  const explicit = (plan.document.lane?.repeat ?? "explicit") === "explicit";
  return (explicit && held?.last_destructive[plan.name]?.id) || null;
}

function draw(form, node, state, onchange) {
  const wanted = laneShort(form.lane);
  state.input = h("input", { id: newId("lane"), type: "text", autocomplete: "off", spellcheck: "false", oninput: onchange });
  const about = h("div", { class: "stack" });
  const label = h("label", { for: state.input.id }, "Type ", h("code", null, wanted), " to do it again");
  replace(node, notice(
    "bad",
    "This was begun on the lane before",
    h("p", null, operationLink(state.id), " has begun a destructive action of this plan on ", h("code", null, wanted), ". Whatever came of it, doing it again destroys what is there now."),
    about,
    h("p", null, "The new operation names it in ", h("code", null, "supersedes"), ", so that this is on record. A dry run needs no such word."),
    h("div", { class: "field" }, label, state.input),
  ));
  tell(state.id, about);
}

/** What is known of the operation that is to be done again. */
async function tell(id, about) {
  const operation = await get(operationPath(id)).catch(() => null);
  if (!operation) return;
  const { status, finished_at: over, updated_at: at, requested_by: by, reason } = operation;
  replace(about, h(
    "p",
    { class: "row" },
    badge(status), person(by), h("span", { class: "quiet" }, over ? "ended " : "changed ", ago(over ?? at)),
    reason ? h("q", null, reason) : null,
  ));
}
