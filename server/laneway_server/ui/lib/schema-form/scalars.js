/** Fields of one value: texts, choices, constants, numbers, yes or no. */

import { h } from "../dom.js";
import { allowed, number, wrongNumber, wrongText } from "./checks.js";
import { dateTimeControl } from "./date-time.js";
import { framed } from "./frame.js";

const LONG = 300; // characters; texts that may be longer get several lines
const INPUTS = { email: "email", uri: "url", date: "date" };
const FILL_IN = "It must be filled in.";

/** A field of one value from its control; `read` gives undefined where it was left empty. */
function field(told, control, { read, wrong = () => "", ...how }) {
  const frame = framed(told, control, how);
  return {
    node: frame.node,
    read,
    check: () => checked(told, read, wrong),
    show: (errors) => {
      frame.say(errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)));
      return [];
    },
  };
}

function checked(told, read, wrong) {
  const message = read() === undefined ? missing(told, wrong) : wrong(read());
  return message ? [{ path: "", message }] : [];
}

function missing({ required }, wrong) {
  return wrong(undefined) || (required ? FILL_IN : "");
}

/** What of an optional field equals its default is left out: the server's default holds. */
function unless(schema, { required }, value) {
  const same = !required && "default" in schema;
  return same && JSON.stringify(value) === JSON.stringify(schema.default) ? undefined : value;
}

/** Text. An optional one that is empty is not there. */
export function textField(schema, context) {
  if (schema.format === "date-time") return dateTimeField(schema, context);
  const start = String(context.value ?? schema.default ?? "");
  const control = textControl(schema, context, start);
  const told = { ...context, note: note(schema) };
  const empty = () => control.value === "" && !(context.required && schema.minLength === 0);
  return field(told, control, {
    read: () => (empty() ? undefined : unless(schema, context, control.value)),
    wrong: () => (control.value === "" ? "" : wrongText(schema, control.value)),
  });
}

function textControl(schema, context, start) {
  const long = (schema.maxLength ?? 0) > LONG || /\n/.test(start);
  const props = {
    oninput: () => context.onchange(), spellcheck: "false", autocomplete: "off",
    placeholder: schema.examples?.[0] === undefined ? null : String(schema.examples[0]),
  };
  if (long) return h("textarea", { ...props, rows: 3, value: start });
  return h("input", { ...props, type: INPUTS[schema.format] ?? "text", value: start });
}

function note(schema) {
  const parts = [allowed(schema)];
  if (schema.default !== undefined && schema.default !== "") parts.push(`default ${schema.default}`);
  const text = parts.filter(Boolean).join(", ");
  return text ? `${text.charAt(0).toUpperCase()}${text.slice(1)}.` : "";
}

function dateTimeField(schema, context) {
  const control = dateTimeControl(context.value ?? schema.default, () => context.onchange());
  const told = { ...context, note: note(schema) };
  return field(told, control.input, {
    shown: control.node,
    read: () => (control.read() === undefined ? undefined : unless(schema, context, control.read())),
  });
}

/** A number; what is none is kept as it was written, and said to be none. */
export function numberField(schema, context) {
  const whole = schema.type === "integer";
  const control = h("input", {
    type: "text", inputmode: whole ? "numeric" : "decimal", autocomplete: "off",
    class: "field-number", oninput: () => context.onchange(),
    value: String(context.value ?? schema.default ?? ""),
  });
  const none = `It must be a ${whole ? "whole " : ""}number.`;
  const value = () => number(control.value, whole);
  const wrong = () => {
    if (!control.value.trim()) return "";
    return Number.isNaN(value()) ? none : wrongNumber(schema, value());
  };
  return field({ ...context, note: note(schema) }, control, {
    read: () => (Number.isNaN(value()) ? undefined : unless(schema, context, value())),
    wrong,
  });
}

/** Yes or no; where it is optional and has no default, also neither. */
export function booleanField(schema, context) {
  const start = context.value ?? schema.default;
  if (start === undefined && !context.required) {
    return choiceField({ ...schema, enum: [true, false], titles: YES_NO }, context);
  }
  const control = h("input", {
    type: "checkbox", checked: start === true, onchange: () => context.onchange(),
  });
  return field({ ...context, optional: false }, control, {
    beside: true,
    read: () => unless(schema, context, control.checked),
  });
}

const YES_NO = [{ value: true, title: "Yes" }, { value: false, title: "No" }];

/** One of several values. */
export function choiceField(schema, context) {
  const start = JSON.stringify(context.value ?? schema.default);
  const first = start === undefined || !context.required;
  const control = h(
    "select",
    { onchange: () => context.onchange() },
    first ? h("option", { value: "" }, context.required ? "Choose…" : "Not said") : null,
    schema.enum.map((value) => option(schema, value, start)),
  );
  const chosen = () => (control.value === "" ? undefined : JSON.parse(control.value));
  return field(context, control, {
    read: () => (chosen() === undefined ? undefined : unless(schema, context, chosen())),
  });
}

function option(schema, value, start) {
  const json = JSON.stringify(value);
  const named = schema.titles?.find((each) => JSON.stringify(each.value) === json);
  const text = named?.title ?? (typeof value === "string" ? value : json);
  return h("option", { value: json, selected: json === start }, text);
}

/** What can only be one value: it is shown, and sent where it is required. */
export function constantField(schema, context) {
  const text = typeof schema.const === "string" ? schema.const : JSON.stringify(schema.const);
  const control = h("output", { class: "field-constant" }, text);
  return field({ ...context, optional: false }, control, {
    read: () => (context.required ? schema.const : undefined),
  });
}
