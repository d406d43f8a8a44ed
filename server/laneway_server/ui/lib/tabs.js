/**
 * Tabs, as the ARIA Authoring Practices describe them; which one is open is in the address. See
 * components.js.
 */

import { h } from "./dom.js";
import { setQuery } from "./router.js";

let numbered = 0;

/**
 * Tabs; each panel is built when it is first opened, and stays.
 *
 * @param {Array<{id: string, label: string, count?: number|null, build: function(): Node}>} given
 *   `id` is what stands in the address; the first is open where it names none
 * @param {{label?: string, name?: string}} [how] `label`: of the list of tabs; `name`: in the query
 * @returns {HTMLElement} with `open(id)` to open one and `count(id, number)` to change a count
 */
export function tabs(given, { label = "Views", name = "tab" } = {}) {
  numbered += 1;
  const made = given.map((tab) => parts(tab, `tabs-${numbered}-${tab.id}`));
  const list = h("div", { class: "tabs", role: "tablist", "aria-label": label }, made.map((each) => each.button));
  const node = h("div", { class: "tabbed" }, list, made.map((each) => each.panel));
  const open = (id, say = true) => show(made, id, say ? (to) => told(made, name, to) : () => {});
  for (const each of made) each.button.addEventListener("click", () => open(each.id));
  list.addEventListener("keydown", (event) => moved(event, made, open));
  const wanted = new URLSearchParams(location.search).get(name);
  open(made.some((each) => each.id === wanted) ? wanted : made[0].id, false);
  const count = (id, number) => counted(made.find((each) => each.id === id), number);
  return Object.assign(node, { open, count });
}

function parts({ id, label, count = null, build }, prefix) {
  const number = h("span", { class: "count", hidden: count === null }, count ?? "");
  const button = h(
    "button",
    { type: "button", role: "tab", id: prefix, "aria-controls": `${prefix}-panel` },
    label,
    number,
  );
  const panel = h("div", {
    role: "tabpanel",
    id: `${prefix}-panel`,
    "aria-labelledby": prefix,
    tabIndex: 0,
    hidden: true,
  });
  return { id, button, panel, number, build };
}

function counted(tab, number) {
  if (!tab) return;
  tab.number.hidden = number === null;
  tab.number.textContent = number ?? "";
}

function show(made, id, say) {
  for (const each of made) {
    const open = each.id === id;
    each.button.setAttribute("aria-selected", String(open));
    each.button.tabIndex = open ? 0 : -1;
    each.panel.hidden = !open;
    if (open) requestAnimationFrame(() => inSight(each.button));
    if (open && !each.built) {
      each.built = true;
      each.panel.append(each.build());
    }
  }
  say(id);
}

/** On a phone the list of tabs is wider than the screen. */
function inSight(button) {
  const list = button.parentElement;
  if (list && list.scrollWidth > list.clientWidth) list.scrollTo({ left: button.offsetLeft - list.offsetLeft });
}

/** The first tab needs no mention in the address. */
function told(made, name, id) {
  setQuery({ [name]: id === made[0].id ? null : id });
}

const STEPS = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

function moved(event, made, open) {
  const step = STEPS[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const at = made.findIndex((each) => each.button === document.activeElement);
  const wrapped = (at + step + made.length) % made.length;
  const index = Number.isFinite(step) ? wrapped : step < 0 ? 0 : made.length - 1;
  open(made[index].id);
  made[index].button.focus();
}
