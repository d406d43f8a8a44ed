/** The digest of what an approval covers, made anew from what is shown. */

const DOMAIN = "laneway/approval/v1";

/**
 * Canonical JSON (RFC 8785): names in the order of their UTF-16 units, numbers as ECMAScript writes
 * them, nothing between.
 */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}

/**
 * The digest that the server must have shown for `covers`.
 *
 * @returns {Promise<string|null>} "sha256:…"; null where the browser does not compute digests (on
 *   pages that came neither by HTTPS nor from this machine)
 */
export async function digestOf(covers) {
  if (!globalThis.crypto?.subtle) return null;
  const bytes = new TextEncoder().encode(DOMAIN + canonical(covers));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `sha256:${[...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
