/**
 * Dialogs: asking before something is done. See components.js.
 */

import { h, replace } from "./dom.js";
import { problemNotice } from "./notices.js";

let numbered = 0;

/**
 * Open a modal dialog; Esc and its closing button close it, and focus goes back to where it was.
 *
 * @param {string} title
 * @param {...*} children
 * @returns {{dialog: HTMLDialogElement, close: function(*): void, closed: Promise<*>}} `closed`
 *   gives what `close` was given, undefined where the reader has dismissed it
 */
export function openDialog(title, ...children) {
  numbered += 1;
  const id = `dialog-${numbered}`;
  const heading = h("h2", { id }, title);
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": id }, heading, children);
  let result;
  const closed = new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(result);
    });
  });
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, closed, close: (value) => ((result = value), dialog.close()) };
}

/**
 * Ask whether something is to be done, and do it.
 *
 * A problem is shown within the dialog, and what was typed stays.
 *
 * @param {Object} asked
 * @param {string} asked.title
 * @param {*} asked.body says in words what will happen to the real system
 * @param {"none"|"optional"|"required"} [asked.reason] whether a reason is asked for
 * @param {string} [asked.reasonLabel]
 * @param {string|null} [asked.typed] what must be typed before it can be confirmed
 * @param {string} asked.confirm what the button says
 * @param {boolean} [asked.danger]
 * @param {function({reason: string}): Promise<*>} asked.run
 * @returns {Promise<*>} what `run` gave; undefined where it was not done
 */
export function confirmDialog(asked) {
  const form = formOf(asked);
  const { dialog, close, closed } = openDialog(asked.title, form.node);
  form.cancel.addEventListener("click", () => close(undefined));
  form.node.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(asked, form, close);
  });
  // While it is being done nobody can tell whether it was: the dialog stays.
  dialog.addEventListener("cancel", (event) => form.busy && event.preventDefault());
  form.focus?.focus();
  return closed;
}

async function attempt(asked, form, close) {
  if (form.busy || !form.ready()) return;
  busy(form, true);
  try {
    close((await asked.run({ reason: form.reason() })) ?? true);
  } catch (problem) {
    replace(form.problem, problemNotice(problem));
    form.problem.scrollIntoView({ block: "nearest" });
  } finally {
    busy(form, false);
  }
}

function busy(form, now) {
  form.busy = now;
  form.cancel.disabled = now;
  form.confirm.disabled = now || !form.ready();
  form.confirm.setAttribute("aria-busy", String(now));
}

function formOf(asked) {
  const reason = reasonField(asked);
  const typed = typedField(asked.typed ?? null);
  const problem = h("div");
  const cancel = h("button", { type: "button" }, "Back");
  const kind = asked.danger ? "danger" : "primary";
  const confirm = h("button", { type: "submit", class: kind }, asked.confirm);
  const fields = [reason?.node, typed?.node];
  const buttons = h("div", { class: "dialog-buttons" }, cancel, confirm);
  const body = h("div", { class: "dialog-body" }, asked.body);
  const node = h("form", { method: "dialog", novalidate: true }, body, fields, problem, buttons);
  const ready = () => (reason?.ready() ?? true) && (typed?.ready() ?? true);
  const update = () => (confirm.disabled = !ready());
  node.addEventListener("input", update);
  update();
  const focus = reason?.input ?? typed?.input ?? cancel;
  return { node, cancel, confirm, problem, ready, focus, reason: () => reason?.value() ?? "" };
}

function reasonField({ reason = "none", reasonLabel = "Reason" }) {
  if (reason === "none") return null;
  const required = reason === "required";
  const input = h("textarea", { rows: 2, maxlength: 4000, required, "aria-required": required });
  const label = required ? reasonLabel : `${reasonLabel} (optional)`;
  const hint = h("span", { class: "hint" }, "It is kept with who did it and when.");
  const node = h("label", { class: "field" }, h("span", null, label), input, hint);
  const value = () => input.value.trim();
  return { node, input, value, ready: () => !required || value() !== "" };
}

function typedField(wanted) {
  if (!wanted) return null;
  const input = h("input", { type: "text", autocomplete: "off", spellcheck: "false" });
  const label = h("span", null, "Type ", h("code", null, wanted), " to confirm");
  const node = h("label", { class: "field" }, label, input);
  return { node, input, ready: () => input.value.trim() === wanted };
}
