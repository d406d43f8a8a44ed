/**
 * Single values of evidence, to be read: instants in the reader's zone, digests short, yes and no.
 */

import { digest } from "../../lib/components.js";
import { h } from "../../lib/dom.js";
import { when } from "../../lib/time.js";
import { spoken } from "../../lib/words.js";

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const DIGEST = /^(sha256:)?[0-9a-f]{64}$/;
const ADDRESS = /^https?:\/\/[^\s]+$/i;
const PLAIN = 60; // characters up to which a text is no block of its own

/** Whether a value stands for itself: no list, no object. */
export function isFact(value) {
  return value === null || typeof value !== "object";
}

/** A value as a node. */
export function fact(value) {
  if (value === null || value === undefined || value === "") {
    return h("span", { class: "quiet" }, "none");
  }
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "string") return h("span", { class: "mono" }, String(value));
  if (INSTANT.test(value)) return when(value);
  if (DIGEST.test(value)) return digest(value);
  if (ADDRESS.test(value)) return outside(value);
  return value.length > PLAIN || /[\s]/.test(value) ? value : h("span", { class: "mono" }, value);
}

/** An address elsewhere: nothing is told to it about where its reader came from. */
export function outside(address) {
  const rel = "noopener noreferrer";
  return h("a", { href: address, target: "_blank", rel, class: "op-address" }, address);
}

/** Names and values, as a list of descriptions. @param {Array<[string, *]>} pairs */
export function facts(pairs) {
  return h(
    "dl",
    { class: "facts" },
    pairs.map(([name, value]) => [
      h("dt", null, name),
      h("dd", null, value instanceof Node ? value : fact(value)),
    ]),
  );
}
