/** The two buttons of the form, and what is to be known before the second one is pressed. */

import { h, replace } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { TERMINAL, laneShort, statusWord } from "../../lib/words.js";
import { couldBegin } from "./dry-run.js";

/**
 * @param {Object} form
 * @param {{dry: function(), real: function()}} send
 * @returns {{node, update: function(): void, first: function(): "dry"|"real"}} `first`: which of
 *   them is pressed by the Enter key
 */
export function buttonsOf(form, send) {
  const note = h("p", { class: "submit-note", "aria-live": "polite" });
  const dry = h("button", { type: "button", onclick: send.dry }, icon("eye"), "Dry run");
  const real = h("button", { type: "button", onclick: send.real }, icon("play"), "Submit");
  const node = h("div", { class: "submit-buttons" }, note, h("div", { class: "act-buttons" }, dry, real));
  const first = () => (tried(form.dryRun.current()) ? "real" : "dry");
  const update = () => {
    dry.className = first() === "dry" ? "primary" : "";
    real.className = first() === "real" ? "primary" : "";
    for (const button of [dry, real]) {
      button.setAttribute("aria-busy", String(form.busy));
      button.disabled = form.busy;
    }
    real.disabled ||= !form.superseding.accepted();
    const [drawing, text] = noteOf(form);
    if (note.dataset.text !== text) replace(note, icon(drawing), text);
    note.dataset.text = text;
  };
  update();
  return { node, update, first };
}

function tried(run) {
  return run !== null && TERMINAL.has(run.status) && couldBegin(run);
}

function noteOf({ dryRun, superseding, lane }) {
  const run = dryRun.current();
  if (tried(run) && !superseding.accepted()) {
    return ["unknown", `To submit it, type ${laneShort(lane)} above: it was done before.`];
  }
  if (!run && dryRun.stale()) return ["unknown", "The form has changed since its dry run. Make another one before you submit."];
  if (!run) return ["unknown", "No dry run of this request was made here. Approvers are shown whether there was one."];
  if (!TERMINAL.has(run.status)) return ["running", "The dry run of this request is under way."];
  if (run.status === "pass") return ["pass", "A dry run of this very request passed."];
  if (couldBegin(run)) return ["info", "A dry run of this very request found nothing in the way of its changes."];
  return ["fail", `The dry run of this request did not pass: ${statusWord(run.status).toLowerCase()}.`];
}
