/**
 * Small parts: a status, a lane, an operation, a person, a digest. See components.js.
 */

import { h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { toast } from "./notices.js";
import { SAFETY, STATUS, statusWord } from "./words.js";

/** A status of an operation or a phase: colour, icon and word. */
export function badge(status) {
  const { icon: name, tone } = STATUS[status] ?? { icon: "pending", tone: "quiet" };
  const word = h("span", null, statusWord(status));
  return h("span", { class: `badge tone-${tone}`, "data-status": status }, icon(name), word);
}

/** What an action does to the world: "read", "safe_write", "mutation" or "destructive". */
export function safety(word) {
  const { icon: name, tone, word: text, said } = SAFETY[word] ?? { word, tone: "quiet", said: "" };
  return h("span", { class: `tag tone-${tone}`, title: said }, icon(name ?? "eye"), text);
}

/** A lane, as a link to it. */
export function laneLink(lane) {
  const names = [lane.product, lane.context, lane.instance];
  const href = `/lanes/${names.map(encodeURIComponent).join("/")}`;
  const [product, context, instance] = names;
  // Where there is no room it breaks between its names, not within one.
  return h("a", { href, class: "lane-name" }, `${product}/`, h("wbr"), `${context}/`, h("wbr"), instance);
}

/** An operation (or only its id), as a link to it: the end of its id is enough to tell it by. */
export function operationLink(operation) {
  const id = typeof operation === "string" ? operation : operation.id;
  const href = `/operations/${encodeURIComponent(id)}`;
  return h("a", { href, class: "mono nowrap", title: id }, shortId(id));
}

/** The end of an operation's id: "…7G8H9JKM". */
export function shortId(id) {
  return id.length > 12 ? `…${id.slice(-8)}` : id;
}

/** Who did something: an actor of an event, or anything with a `subject` (and maybe `claims`). */
export function person(actor) {
  const machine = actor.kind === "engine" || actor.kind === "driver";
  const name = actor.claims?.name ?? actor.subject ?? actor.kind;
  const title = name === actor.subject ? null : actor.subject;
  return h("span", { class: "person", title }, icon(machine ? "robot" : "person"), String(name));
}

/** A digest, shortened, with a button that copies all of it. */
export function digest(text) {
  const [kind, value = kind] = String(text).split(":");
  const short = `${value.slice(0, 12)}…`;
  const code = h("code", { title: text }, value === kind ? short : `${kind}:${short}`);
  return h("span", { class: "digest" }, code, copyButton(text, "Copy the digest"));
}

/** A button that copies `text`; `label` says what it is. */
export function copyButton(text, label = "Copy") {
  const button = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label },
    icon("copy"),
  );
  button.addEventListener("click", () => copy(button, String(text)));
  return button;
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    return toast("The browser does not let the page copy.");
  }
  toast("Copied.");
  replace(button, icon("check"));
  setTimeout(() => replace(button, icon("copy")), 1_500);
}
