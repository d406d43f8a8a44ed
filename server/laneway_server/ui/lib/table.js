/**
 * Tables that stay up to date without losing the reader's place. See components.js.
 */

import { h, patchList, replace } from "./dom.js";

/**
 * A table.
 *
 * @param {Object} how
 * @param {string} how.caption what it is, for screen readers (shown where `showCaption`)
 * @param {Array<{label: string, cell: function(T): *, class?: string, head?: boolean}>} how.columns
 *   `head`: its cells name the rows; `class`: of header and cells, such as "number" or "wide-only"
 * @param {Array<T>} how.rows
 * @param {function(T): string} how.key unique among the rows
 * @param {boolean} [how.showCaption]
 * @returns {HTMLElement} with `update(rows)`, which keeps the rows that are there
 */
export function table({ caption, columns, rows, key, showCaption = false }) {
  const heads = columns.map(({ label, class: name }) => h("th", { scope: "col", class: name }, label));
  const body = h("tbody");
  const hidden = showCaption ? null : "visually-hidden";
  const inner = h(
    "table",
    { class: "table" },
    h("caption", { class: hidden }, caption),
    h("thead", null, h("tr", null, heads)),
    body,
  );
  // It scrolls by itself where it is too wide, so that the page does not.
  const node = h("div", { class: "table-scroll", role: "region", "aria-label": caption, tabIndex: 0 }, inner);
  const update = (items) =>
    patchList(body, items, key, (item) => h("tr", null, cells(columns, item)), (row, item) =>
      replace(row, cells(columns, item)),
    );
  update(rows);
  return Object.assign(node, { update });
}

function cells(columns, item) {
  return columns.map(({ cell, class: name, head, label }) =>
    head
      ? h("th", { scope: "row", class: name, "data-label": label }, cell(item))
      : h("td", { class: name, "data-label": label }, cell(item)),
  );
}
