/** A list: as many fields as it has entries. */

import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { wrongList } from "./checks.js";
import { newId, prose } from "./frame.js";
import { below, sorted } from "./pointer.js";

/** A field for a list whose entries are all of one kind. */
export function listField(schema, context) {
  const list = { schema, context, entries: [], rows: h("ol", { class: "field-entries" }) };
  const start = context.value ?? schema.default ?? [];
  const least = context.required ? (schema.minItems ?? 0) : 0;
  const values = Array.isArray(start) ? [...start] : [];
  while (values.length < least) values.push(undefined);
  for (const value of values) add(list, value);
  list.wrong = h("p", { class: "field-error", id: newId("error"), hidden: true });
  list.more = button("Add", "plus", () => grow(list));
  return {
    node: group(list),
    read: () => read(list),
    check: () => check(list),
    show: (errors) => show(list, errors),
  };
}

function group(list) {
  const { schema, context } = list;
  const name = context.required ? null : h("span", { class: "field-optional" }, " optional");
  return h(
    "fieldset",
    { class: "field-group" },
    h("legend", null, context.label || "The list", name),
    schema.description ? h("p", { class: "field-hint" }, prose(schema.description)) : null,
    list.rows,
    list.more,
    list.wrong,
  );
}

function button(text, drawing, onclick) {
  return h("button", { type: "button", onclick }, icon(drawing), text);
}

function add(list, value) {
  const { schema, context } = list;
  const field = context.fieldOf(schema.items, {
    ...context, top: false, depth: context.depth + 1, required: true, value,
    label: schema.items.title || `Entry ${list.entries.length + 1}`,
  });
  const entry = { field };
  entry.row = h("li", null, field.node, button("Remove", "close", () => remove(list, entry)));
  list.entries.push(entry);
  list.rows.append(entry.row);
  return entry;
}

function grow(list) {
  const entry = add(list, undefined);
  entry.row.querySelector("input, select, textarea")?.focus();
  list.context.onchange();
}

function remove(list, entry) {
  list.entries = list.entries.filter((each) => each !== entry);
  entry.row.remove();
  list.more.focus();
  list.context.onchange();
}

function read({ entries, context }) {
  if (!entries.length && !context.required) return undefined;
  return entries.map(({ field }) => field.read() ?? null);
}

function check(list) {
  const inside = list.entries.flatMap(({ field }, index) => below(index, field.check()));
  const items = read(list);
  const message = items === undefined ? "" : wrongList(list.schema, items);
  return message ? [{ path: "", message }, ...inside] : inside;
}

function show(list, errors) {
  const { here, inside } = sorted(errors);
  const left = list.entries.flatMap(({ field }, index) => {
    const about = inside.get(String(index)) ?? [];
    inside.delete(String(index));
    return below(index, field.show(about));
  });
  list.wrong.hidden = here.length === 0;
  replace(list.wrong, here.map(({ message }) => h("span", { class: "field-message" }, message)));
  return [...left, ...[...inside].flatMap(([name, about]) => below(name, about))];
}
