/** A part of a panel, with a title. */

import { h } from "../../lib/dom.js";

/**
 * @param {string} title
 * @param {...*} children
 * @returns {HTMLElement} a group of that name: no landmark, as there are many of them
 */
export function part(title, ...children) {
  return h("div", { class: "op-part", role: "group", "aria-label": title }, h("h4", null, title), children);
}
