/**
 * The page's elements. Every text becomes a text node and every attribute a plain attribute, so
 * nothing that the server tells (a log, a reason, a plan's title) can ever become markup.
 */

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set([
  "value", "checked", "selected", "indeterminate", "disabled", "open", "readOnly", "required",
  "multiple", "tabIndex", "returnValue",
]);
const ADDRESSES = new Set(["href", "src", "action"]);
const RELATIVE_OR_WEB = /^(?:https?:\/\/|\/|\?|#|\.|blob:|data:image\/)/i;

/**
 * An element of HTML.
 *
 * @param {string} tag
 * @param {Object|null} props `class` (text, or a list with falsy entries), `on…` functions, `style`
 *   (an object of CSS properties), `aria-…`, `data-…`, other attributes. null, undefined and false
 *   are left out (of `aria-…` only null and undefined), true is the empty attribute.
 * @param {...*} children nodes, texts, numbers, lists of these; null, undefined and booleans are
 *   left out.
 * @returns {HTMLElement}
 */
export function h(tag, props, ...children) {
  return filled(document.createElement(tag), props, children);
}

/**
 * An element of SVG; otherwise as `h`.
 *
 * @returns {SVGElement}
 */
export function svg(tag, props, ...children) {
  return filled(document.createElementNS(SVG, tag), props, children);
}

/** A document fragment of children as `h` takes them. */
export function fragment(...children) {
  return filled(document.createDocumentFragment(), null, children);
}

/** Put children (as `h` takes them) in the place of what `parent` holds; returns `parent`. */
export function replace(parent, ...children) {
  parent.replaceChildren(fragment(...children));
  return parent;
}

/** Take everything out of `parent`. */
export function clear(parent) {
  parent.replaceChildren();
}

/** Set `text` where it is another one: what stays as it is is not announced again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Set or remove attributes of an element that is there already, as `h` does. */
export function set(node, props) {
  for (const [name, value] of Object.entries(props)) apply(node, name, value);
  return node;
}

const lists = new WeakMap();

/**
 * Let `parent` hold one node per item, in order, and keep the nodes of items that were there:
 * focus, selection and scroll survive. `parent` must hold nothing else.
 *
 * @param {Element} parent
 * @param {Array<T>} items
 * @param {function(T): string} key unique among the items
 * @param {function(T): Node} create makes a node
 * @param {function(Node, T, T): void} [update] brings a node up to date: the node, the item, and
 *   the item it was last made or updated for. Left out: a node is made anew where its item is
 *   another object.
 */
export function patchList(parent, items, key, create, update) {
  const old = lists.get(parent) ?? new Map();
  const next = new Map();
  for (const item of items) next.set(key(item), entry(old.get(key(item)), item, create, update));
  const active = document.activeElement;
  for (const [name, { node }] of old) if (next.get(name)?.node !== node) node.remove();
  let at = parent.firstChild;
  for (const { node } of next.values()) {
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
  }
  lists.set(parent, next);
  if (active !== document.activeElement && parent.contains(active)) {
    active.focus({ preventScroll: true });
  }
}

function entry(known, item, create, update) {
  if (!known || (!update && known.item !== item)) return { node: create(item), item };
  if (update && known.item !== item) update(known.node, item, known.item);
  return { node: known.node, item };
}

function filled(node, props, children) {
  if (props) set(node, props);
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children) {
    if (child === null || child === undefined || typeof child === "boolean") continue;
    if (Array.isArray(child)) append(node, child);
    else node.append(child instanceof Node ? child : String(child));
  }
}

function apply(node, name, value) {
  if (name === "style") return styled(node, value);
  if (name.startsWith("on")) return listening(node, name, value);
  if (PROPERTIES.has(name)) return void (node[name] = value ?? false);
  const text = name === "class" ? classes(value) : value;
  const gone = text === null || text === undefined || (text === false && !name.startsWith("aria-"));
  if (gone) node.removeAttribute(name);
  else node.setAttribute(name, text === true && !name.startsWith("aria-") ? "" : allowed(name, text));
}

function styled(node, values) {
  for (const [name, value] of Object.entries(values ?? {})) node.style.setProperty(name, value);
}

function listening(node, name, listener) {
  if (!listener) return;
  if (typeof listener !== "function") throw new TypeError(`${name} is no function`);
  node.addEventListener(name.slice(2).toLowerCase(), listener);
}

function classes(value) {
  if (!Array.isArray(value)) return value;
  return value.filter(Boolean).join(" ") || null;
}

/** An address that a browser would run instead of going there is none. */
function allowed(name, value) {
  const text = String(value);
  return ADDRESSES.has(name) && !RELATIVE_OR_WEB.test(text) ? "#" : text;
}
