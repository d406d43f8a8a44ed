/** An object: one field for each of its properties. */

import { h, replace } from "../dom.js";
import { jsonField } from "./json.js";
import { newId, prose, spokenName } from "./frame.js";
import { below, sorted } from "./pointer.js";

const LACKS = /lacks '([^']+)'$/;

/** A field for an object whose properties are known. */
export function objectField(schema, context) {
  const parts = partsOf(schema, context);
  const wrong = h("p", { class: "field-error", id: newId("error"), hidden: true });
  const node = context.top
    ? h("div", { class: "fields" }, fields(parts), wrong)
    : nested(schema, context, parts, wrong);
  return {
    node,
    read: () => read(parts, context.required),
    check: () => check(parts, context.required),
    show: (errors) => show(parts, wrong, errors),
  };
}

function partsOf(schema, context) {
  const value = isObject(context.value) ? context.value : {};
  const standard = isObject(schema.default) ? schema.default : {};
  const names = Object.keys(schema.properties ?? {});
  const parts = names.map((name) => ({
    name,
    field: context.fieldOf(schema.properties[name], {
      ...context, top: false, depth: context.depth + 1,
      label: schema.properties[name]?.title || spokenName(name),
      required: (schema.required ?? []).includes(name),
      value: value[name] ?? standard[name],
    }),
  }));
  return [...parts, ...others(schema, context, value, names)];
}

/** Where the schema describes other properties, they are written as JSON. */
function others(schema, context, value, names) {
  const more = schema.additionalProperties;
  if (!isObject(more) && more !== true && !schema.patternProperties) return [];
  const rest = Object.entries(value).filter(([name]) => !names.includes(name));
  const field = jsonField(
    { type: "object", additionalProperties: more, patternProperties: schema.patternProperties },
    {
      ...context, label: "Other properties", required: false,
      value: rest.length ? Object.fromEntries(rest) : undefined,
    },
  );
  return [{ name: null, field }];
}

function fields(parts) {
  if (parts.length) return parts.map(({ field }) => field.node);
  return h("p", { class: "field-nothing" }, "This plan asks for nothing: there is nothing to fill in.");
}

function nested(schema, context, parts, wrong) {
  return h(
    "fieldset",
    { class: "field-group" },
    h("legend", null, context.label, context.required ? null : optional()),
    schema.description ? h("p", { class: "field-hint" }, prose(schema.description)) : null,
    parts.map(({ field }) => field.node),
    wrong,
  );
}

function optional() {
  return h("span", { class: "field-optional" }, " optional");
}

function read(parts, required) {
  const value = {};
  for (const { name, field } of parts) {
    const part = field.read();
    if (name === null) Object.assign(value, isObject(part) ? part : {});
    else if (part !== undefined) value[name] = part;
  }
  return required || Object.keys(value).length ? value : undefined;
}

/** What is required in an object that is not there at all is not missing. */
function check(parts, required) {
  if (!required && read(parts, false) === undefined) return [];
  return parts.flatMap(({ name, field }) => {
    return name === null ? field.check() : below(name, field.check());
  });
}

function show(parts, wrong, errors) {
  const { here, inside } = sorted(errors.map(aboutPart));
  const left = parts.flatMap(({ name, field }) => {
    const about = inside.get(name) ?? [];
    inside.delete(name);
    return name === null ? [] : below(name, field.show(about));
  });
  const open = parts.find(({ name }) => name === null);
  const unplaced = [...inside].flatMap(([name, about]) => below(name, about));
  open?.field.show(unplaced);
  const own = [...here, ...(open ? [] : unplaced)].map(({ path, message }) => `${path} ${message}`.trim());
  wrong.hidden = own.length === 0;
  replace(wrong, own.map((message) => h("span", { class: "field-message" }, message)));
  return left;
}

/** That a property is lacking is told of the object: it is shown where it is to be filled in. */
function aboutPart(error) {
  const name = error.path === "" ? LACKS.exec(error.message)?.[1] : undefined;
  return name === undefined ? error : below(name, [{ path: "", message: "It must be filled in." }])[0];
}

function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
