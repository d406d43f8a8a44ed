/** JSON pointers (RFC 6901), one step at a time. */

/** A step as a pointer writes it. */
export function step(name) {
  return `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** Errors of a part as errors of the whole that has it under `name`. */
export function below(name, errors) {
  return errors.map(({ path, message }) => ({ path: step(name) + path, message }));
}

/**
 * Errors, sorted by the first step of their paths.
 *
 * @param {Array<{path: string, message: string}>} errors
 * @returns {{here: Array, inside: Map<string, Array>}} those about the value itself, and those about
 *   its parts, with paths from there
 */
export function sorted(errors) {
  const here = [];
  const inside = new Map();
  for (const error of errors) {
    const [, first, rest] = /^\/([^/]*)(.*)$/.exec(error.path) ?? [];
    if (first === undefined) here.push(error);
    else put(inside, unescaped(first), { path: rest, message: error.message });
  }
  return { here, inside };
}

function put(map, name, error) {
  if (!map.has(name)) map.set(name, []);
  map.get(name).push(error);
}

function unescaped(text) {
  return text.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** What a reference within the same document leads to; undefined where it leads nowhere. */
export function found(root, reference) {
  if (typeof reference !== "string" || !/^#(\/|$)/.test(reference)) return undefined;
  let at = root;
  for (const name of reference.slice(1).split("/").slice(1)) {
    at = at?.[unescaped(decoded(name))];
  }
  return at;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
