/**
 * A form made of a JSON Schema (2020-12), for documents that people write by hand.
 *
 * Strings, enumerations, constants, booleans, numbers, objects and lists have fields of their own;
 * what goes beyond them is written as JSON, that part only. What is checked here is a help: the
 * server checks the document by the whole schema, and its errors are shown at their fields.
 */

import { fieldOf } from "./schema-form/field.js";
import { given } from "./schema-form/frame.js";

/**
 * @typedef {{path: string, message: string}} FieldError `path`: a JSON pointer into the document
 *
 * @typedef {Object} SchemaForm
 * @property {HTMLElement} node the fields, without a form element around them
 * @property {function(): *} read the document; what was left empty and is not required is not there
 * @property {function(): FieldError[]} check what is wrong, as far as that can be told here
 * @property {function(FieldError[]): FieldError[]} show shows errors at their fields, and takes away
 *   those that were shown before; returns those that no field is for
 * @property {function(): boolean} focusFirstError whether there was one to go to
 */

/**
 * Make a form.
 *
 * @param {Object} schema of the document
 * @param {{value?: *, onchange?: function(): void}} [how] `value`: a document to begin with;
 *   `onchange` is called whenever somebody changes anything
 * @returns {SchemaForm}
 */
export function schemaForm(schema, { value, onchange = () => {} } = {}) {
  const root = schema && typeof schema === "object" ? schema : {};
  const field = fieldOf(root, {
    root, value, onchange, label: "", required: true, top: true, depth: 0,
  });
  return {
    node: field.node,
    read: () => given(field.read(), emptyOf(root)),
    check: () => field.check(),
    show: (errors) => field.show(errors),
    focusFirstError: () => focusFirst(field.node),
  };
}

function emptyOf(schema) {
  return schema.type === undefined || schema.type === "object" ? {} : null;
}

function focusFirst(node) {
  const wrong = node.querySelector("[aria-invalid=true]");
  wrong?.focus();
  return Boolean(wrong);
}
