/** The buttons of actions. */

import { toast } from "../lib/components.js";
import { h } from "../lib/dom.js";
import { icon } from "../lib/icons.js";

/**
 * A button that opens the dialog of an action.
 *
 * @param {string} text what it is called; with "…" where a dialog asks first
 * @param {string} drawing an icon's name
 * @param {""|"primary"|"danger"} kind
 * @param {function(): Promise<void>} act
 * @param {string} [name] what it is called for screen readers, where `text` alone is not enough
 */
export function actButton(text, drawing, kind, act, name = null) {
  const props = { type: "button", class: kind || null, "data-act": text, "aria-label": name };
  const button = h("button", props, icon(drawing), text);
  button.addEventListener("click", () => open(button, act));
  return button;
}

/** A second click while the dialog is being made opens no second one. */
async function open(button, act) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await act();
  } catch (error) {
    console.error(error);
    toast("The page could not do that. Load it anew, and try again.");
  } finally {
    button.removeAttribute("aria-busy");
  }
}
