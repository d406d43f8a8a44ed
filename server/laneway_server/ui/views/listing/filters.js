/**
 * Filters of a list, as a form whose answers are in the address: what is looked at can be shared.
 */

import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { go } from "../../lib/router.js";

const WIDE = "(min-width: 48rem)";
let numbered = 0;

/**
 * A field of the form.
 *
 * @typedef {Object} Field
 * @property {string} name in the address, and in the API's query
 * @property {string} label
 * @property {"text"|"choice"|"time"} kind
 * @property {Array<{value: string, label: string}>} [choices] of a choice
 * @property {Array<string>} [known] what a text may be, to choose from; it may be something else
 * @property {string} [example] is shown in an empty field
 */

/**
 * The form.
 *
 * @param {{label: string, path: string, fields: Array<Field>, query: URLSearchParams}} how `label`:
 *   of the form; `path`: of the list
 * @returns {HTMLElement}
 */
export function filterForm({ label, path, fields, query }) {
  numbered += 1;
  const active = fields.filter(({ name }) => query.get(name)).length;
  const made = fields.map((field) => input(field, `filter-${numbered}-${field.name}`, query));
  const submitted = (event) => {
    event.preventDefault();
    go(
      address(
        path,
        made.map(({ name, read }) => [name, read()]),
      ),
    );
  };
  const acts = h(
    "div",
    { class: "row hist-filter-acts" },
    h("button", { type: "submit", class: "primary" }, "Filter"),
    active ? h("a", { href: path, class: "button" }, "Clear") : null,
  );
  const form = h(
    "form",
    { class: "hist-filters", "aria-label": label, onsubmit: submitted },
    made.map(({ node }) => node),
    acts,
  );
  const count = active
    ? h("span", { class: "count" }, active, h("span", { class: "visually-hidden" }, " in use"))
    : null;
  const summary = h("summary", null, icon("search"), "Filters", count);
  return h(
    "details",
    { class: "card hist-fold", open: active > 0 || matchMedia(WIDE).matches },
    summary,
    form,
  );
}

/** The filters that the address holds, as the API takes them. */
export function filtersOf(fields, query) {
  return Object.fromEntries(
    fields.map(({ name }) => [name, query.get(name)]).filter(([, value]) => value),
  );
}

/** An address with a query; what is empty is left out. */
export function address(path, pairs) {
  const query = new URLSearchParams(pairs.filter(([, value]) => value)).toString();
  return query ? `${path}?${query}` : path;
}

function input(field, id, query) {
  const value = query.get(field.name) ?? "";
  const { control, list = null, read } = MAKERS[field.kind](field, id, value);
  const node = h("div", { class: "field" }, h("label", { for: id }, field.label), control, list);
  return { name: field.name, node, read };
}

const MAKERS = { text, choice, time };

function text({ known = [], example = null }, id, value) {
  const list = known.length
    ? h(
        "datalist",
        { id: `${id}-known` },
        known.map((each) => h("option", { value: each })),
      )
    : null;
  const control = h("input", {
    id,
    type: "text",
    value,
    list: list?.id,
    placeholder: example,
    autocomplete: "off",
    spellcheck: "false",
    autocapitalize: "none",
  });
  return { control, list, read: () => control.value.trim() };
}

function choice({ choices }, id, value) {
  const given =
    choices.some((each) => each.value === value) || !value
      ? choices
      : [...choices, { value, label: value }];
  const options = [{ value: "", label: "Any" }, ...given].map((each) =>
    h("option", { value: each.value, selected: each.value === value }, each.label),
  );
  const control = h("select", { id }, options);
  return { control, read: () => control.value };
}

/** A time in the reader's zone; in the address it is UTC. One that is not touched stays exact. */
function time(field, id, value) {
  const began = local(value);
  const control = h("input", { id, type: "datetime-local", value: began });
  const read = () => (control.value === began ? value : utc(control.value));
  return { control, read };
}

function local(iso) {
  const at = new Date(iso);
  if (!iso || Number.isNaN(at.getTime())) return "";
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

function utc(text) {
  const at = new Date(text);
  return text && !Number.isNaN(at.getTime()) ? at.toISOString() : "";
}
