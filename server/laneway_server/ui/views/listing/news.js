/**
 * What is new in a list: it is told, and shown when its reader asks, so that nothing jumps under
 * their eyes.
 */

import { h, setText } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";

/**
 * A button such as "3 new operations"; it is not there while there are none.
 *
 * @param {{one: string, more: string}} noun such as "new operation" and "new operations"
 * @param {function(): void} onShow shows them
 * @returns {HTMLElement} with `tell(count, most)`: how many there are; from `most` on "or more"
 */
export function newsButton({ one, more }, onShow) {
  const words = h("span");
  const button = h(
    "button",
    { type: "button", hidden: true, onclick: onShow },
    icon("down", "hist-up"),
    words,
  );
  const node = h("div", { class: "hist-news", role: "status" }, button);
  const tell = (count, most = Infinity) => {
    const number = count >= most ? `${most} or more` : String(count);
    setText(words, count ? `Show ${number} ${count === 1 ? one : more}` : "");
    button.hidden = count === 0;
  };
  return Object.assign(node, { tell });
}

/**
 * Links to older and to the newest entries.
 *
 * @param {{older: string|null, newest: string|null, noun: string}} where addresses
 */
export function pager({ older, newest, noun }) {
  if (!older && !newest) return null;
  return h(
    "nav",
    { class: "row hist-pager", "aria-label": "Pages" },
    newest ? h("a", { class: "button", href: newest }, `Newest ${noun}`) : null,
    older
      ? h("a", { class: "button", href: older, rel: "next" }, `Older ${noun}`, icon("right"))
      : null,
  );
}
