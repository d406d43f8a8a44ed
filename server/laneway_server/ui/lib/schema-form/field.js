/** Which field a schema gets. */

import { booleanField, choiceField, constantField, numberField, textField } from "./scalars.js";
import { jsonField } from "./json.js";
import { listField } from "./list.js";
import { objectField } from "./object.js";
import { found } from "./pointer.js";

const DEEPEST = 6; // levels of objects and lists; what is deeper is written as JSON
const ALTERNATIVES = ["oneOf", "anyOf", "allOf", "not", "if", "patternProperties"];

const BY_TYPE = {
  string: textField,
  integer: numberField,
  number: numberField,
  boolean: booleanField,
  object: objectField,
  array: listField,
};

/**
 * A field for a schema.
 *
 * @param {Object} schema
 * @param {Object} context `root` (the whole schema), `label`, `required`, `value` (undefined for
 *   none), `onchange`, `depth`, `top` (it is the document itself)
 * @returns {{node, read, check, show}} paths in errors begin at this field
 */
export function fieldOf(schema, context) {
  const plain = simple(schema, context.root);
  if (plain === null || context.depth > DEEPEST) return jsonField(schema, context);
  const told = { ...context, fieldOf, description: plain.description };
  if ("const" in plain) return constantField(plain, told);
  if (Array.isArray(plain.enum)) return choiceField(plain, told);
  const make = BY_TYPE[plain.type ?? (plain.properties || context.top ? "object" : undefined)];
  return make && !beyond(plain, context) ? make(plain, told) : jsonField(plain, told);
}

/** The schema without references, and of "this type or null" the type; null where that fails. */
function simple(schema, root, hops = 0) {
  if (schema === true) return {};
  if (!schema || typeof schema !== "object" || hops > 8) return null;
  if (schema.$ref !== undefined) {
    const { $ref: reference, ...own } = schema;
    const target = simple(found(root, reference), root, hops + 1);
    return target && { ...target, ...own };
  }
  const named = constants(schema);
  if (named) return { ...schema, enum: named.map(({ value }) => value), titles: named };
  return { ...schema, type: single(schema.type) };
}

function single(type) {
  if (!Array.isArray(type)) return type;
  const others = type.filter((name) => name !== "null");
  return others.length === 1 ? others[0] : "several";
}

/** `oneOf` of constants with titles is an enumeration with words. */
function constants({ oneOf, anyOf }) {
  const some = oneOf ?? anyOf;
  if (!Array.isArray(some) || !some.length || !some.every((each) => "const" in each)) return null;
  return some.map((each) => ({ value: each.const, title: each.title }));
}

/** Whether a schema says more than its field could show; of the document itself, fields are shown
 *  all the same, and the server says the rest. */
function beyond(schema, { top }) {
  if (top && schema.properties) return false;
  const several = ALTERNATIVES.some((word) => word in schema);
  const open = schema.type === "object" && !schema.properties && schema.additionalProperties !== false;
  const tuple = schema.type === "array" && (!plainItems(schema) || "prefixItems" in schema);
  return several || open || tuple;
}

function plainItems({ items }) {
  return Boolean(items) && typeof items === "object" && !Array.isArray(items);
}
