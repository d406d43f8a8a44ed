/** A part of a document that is written as JSON. */

import { h } from "../dom.js";
import { framed } from "./frame.js";

/** A field for what no other field is for. */
export function jsonField(schema, context) {
  const control = h("textarea", {
    class: "field-json", rows: 5, spellcheck: "false", autocapitalize: "off",
    oninput: () => context.onchange(),
  });
  const start = context.value ?? schema?.default;
  control.value = start === undefined ? "" : JSON.stringify(start, null, 2);
  const label = context.label || "The request";
  const note = "Written as JSON.";
  const frame = framed({ label, description: schema?.description, required: context.required, note }, control);
  if (schema && typeof schema === "object") frame.node.append(schemaOf(schema));
  return {
    node: frame.node,
    read: () => parsed(control.value).value,
    check: () => wrong(control.value, context.required),
    show: (errors) => {
      frame.say(errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)));
      return [];
    },
  };
}

function schemaOf(schema) {
  const { titles: _, ...shown } = schema;
  return h(
    "details",
    { class: "field-schema" },
    h("summary", null, "What it may be (JSON Schema)"),
    h("pre", null, JSON.stringify(shown, null, 2)),
  );
}

function wrong(text, required) {
  const { value, error } = parsed(text);
  if (error) return [{ path: "", message: `This is no JSON: ${error}` }];
  return required && value === undefined ? [{ path: "", message: "It must be filled in." }] : [];
}

function parsed(text) {
  if (!text.trim()) return { value: undefined };
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { value: undefined, error: error.message };
  }
}
