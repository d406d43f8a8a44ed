/**
 * A line of YAML in parts: keys, texts, expressions, comments. It is for reading, so it may be wrong
 * where YAML is subtle; no part of the text is ever left out.
 */

const WHOLE = /^(\s*)(#.*)$/;
const KEYED = /^(\s*(?:- +)*)((?:"[^"]*"|'[^']*'|[^\s#:'"{}[\],][^:#{}[\],]*?))(:)(?=\s|$)/;
const VALUE =
  /(\$\{\{.*?\}\}|"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(\s#.*$)|([A-Za-z_][\w.-]*)(?=:\s)|(\b(?:true|false|null|\d+(?:\.\d+)?(?:ms|s|m|h|d)?)\b)/g;

/**
 * The parts of a line.
 *
 * @param {string} line
 * @returns {Array<{text: string, kind: ""|"key"|"string"|"comment"|"plain"}>} put together they
 *   are the line
 */
export function parts(line) {
  const comment = WHOLE.exec(line);
  if (comment) return [part(comment[1]), part(comment[2], "comment")];
  const keyed = KEYED.exec(line);
  if (!keyed) return values(line);
  const [all, indent, key, colon] = keyed;
  return [part(indent), part(key, "key"), part(colon), ...values(line.slice(all.length))];
}

function values(text) {
  const found = [];
  let at = 0;
  for (const match of text.matchAll(VALUE)) {
    if (match.index > at) found.push(part(text.slice(at, match.index)));
    found.push(part(match[0], kindOf(match)));
    at = match.index + match[0].length;
  }
  return [...found, part(text.slice(at))].filter((each) => each.text);
}

function kindOf([, text, comment, key]) {
  if (text !== undefined) return "string";
  if (comment !== undefined) return "comment";
  return key === undefined ? "plain" : "key";
}

function part(text, kind = "") {
  return { text, kind };
}

/**
 * The parts of a line, cut where a range begins and ends.
 *
 * @param {Array<{text: string, kind: string}>} line
 * @param {number} from the first character, from 0
 * @param {number} to behind the last
 * @returns {Array<{text: string, kind: string, marked: boolean}>}
 */
export function cut(line, from, to) {
  const found = [];
  let at = 0;
  for (const { text, kind } of line) {
    for (const [begin, end] of [
      [0, from],
      [from, to],
      [to, Infinity],
    ]) {
      const piece = text.slice(
        Math.max(0, begin - at),
        Math.max(0, Math.min(text.length, end - at)),
      );
      if (piece) found.push({ text: piece, kind, marked: begin === from && end === to });
    }
    at += text.length;
  }
  return found;
}
