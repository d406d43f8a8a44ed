/**
 * A place whose content depends on some values: it is made anew only where they have changed, so
 * that whoever reads, searches or has unfolded something in it is not disturbed.
 */

import { h, replace } from "../../lib/dom.js";

/**
 * @param {function(...*): *} render makes the children (as `h` takes them) of the values
 * @param {Object} [props] of the element
 * @returns {HTMLElement} with `show(...values)`; values are compared as JSON
 */
export function slot(render, props = {}) {
  const node = h("div", props);
  let known;
  const show = (...values) => {
    const text = JSON.stringify(values);
    if (text === known) return;
    known = text;
    replace(node, render(...values));
    node.hidden = !node.hasChildNodes();
  };
  return Object.assign(node, { show });
}
