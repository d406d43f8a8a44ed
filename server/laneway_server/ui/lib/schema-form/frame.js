/** What stands around every field: its label, its hint, and what is wrong with it. */

import { h, replace } from "../dom.js";

let made = 0;

/** An id that no other element of the page has. */
export function newId(kind) {
  made += 1;
  return `field-${kind}-${made}`;
}

/** `value`, or `otherwise` where there is none. */
export function given(value, otherwise) {
  return value === undefined ? otherwise : value;
}

/** A name as people read it: "timeout_seconds" is "Timeout seconds". */
export function spokenName(name) {
  const words = name.replaceAll(/[_-]+/g, " ").replaceAll(/([a-z])([A-Z])/g, "$1 $2").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A text in which what stands between backticks is code. */
export function prose(text) {
  return String(text).split("`").map((part, index) => (index % 2 ? h("code", null, part) : part));
}

/**
 * A frame around one control.
 *
 * @param {{label, description?, required?, note?}} told what stands around it
 * @param {HTMLElement} control what people fill in; it gets an id and its descriptions
 * @param {{beside?: boolean}} [how] `beside`: the label stands to the right of it (check boxes)
 * @returns {{node: HTMLElement, say: function(string[]): void}} `say` shows what is wrong with it
 */
export function framed(told, control, { beside = false, shown = control } = {}) {
  control.id ||= newId("control");
  const hint = h("p", { class: "field-hint", id: newId("hint") }, hints(told));
  const error = h("p", { class: "field-error", id: newId("error"), hidden: true });
  const label = h("label", { class: "field-label", for: control.id }, told.label, mark(told));
  const head = beside ? h("div", { class: "field-beside" }, shown, label) : label;
  const node = h("div", { class: "field" }, head, hint, beside ? null : shown, error);
  hint.hidden = !hint.hasChildNodes();
  control.setAttribute("aria-describedby", `${hint.id} ${error.id}`);
  if (told.required && !beside) control.setAttribute("aria-required", "true");
  return { node, say: (messages) => say(control, error, messages) };
}

function mark({ required, optional = true }) {
  if (required) return null;
  return optional ? h("span", { class: "field-optional" }, " optional") : null;
}

function hints({ description, note }) {
  const parts = description ? prose(description) : [];
  return note ? [parts, parts.length ? " " : "", h("span", { class: "field-note" }, note)] : parts;
}

function say(control, error, messages) {
  error.hidden = messages.length === 0;
  replace(error, messages.map((message) => h("span", { class: "field-message" }, message)));
  control.setAttribute("aria-invalid", String(messages.length > 0));
}
