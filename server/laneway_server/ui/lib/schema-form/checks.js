/** What a schema says of texts, numbers and lists, and what is wrong with one; in words. */

const SHORT = 80; // characters
const EMAIL = /^[^\s@]+@[^\s@]+$/;

const FORMATS = {
  "date-time": [(text) => /T/i.test(text) && !Number.isNaN(Date.parse(text)), "a date and time"],
  date: [(text) => /^\d{4}-\d\d-\d\d$/.test(text), "a date, such as 2026-01-31"],
  time: [(text) => /^\d\d:\d\d/.test(text), "a time, such as 22:30:00Z"],
  email: [(text) => EMAIL.test(text), "an e-mail address"],
  uri: [(text) => URL.canParse(text), "an address, such as https://example.org/"],
  uuid: [(text) => /^[0-9a-f-]{36}$/i.test(text), "a UUID"],
};

/** What is wrong with a text; empty where nothing is. */
export function wrongText(schema, text) {
  const length = [...text].length;
  if (length < (schema.minLength ?? 0)) {
    return `It must have ${schema.minLength} characters or more.`;
  }
  if (length > (schema.maxLength ?? Infinity)) {
    return `It has ${length} characters, and may have ${schema.maxLength} at most.`;
  }
  const pattern = compiled(schema.pattern);
  if (pattern && !pattern.test(text)) return `It must have the form ${schema.pattern}`;
  const [holds, kind] = FORMATS[schema.format] ?? [];
  return holds && !holds(text) ? `It must be ${kind}.` : "";
}

/** A pattern as this browser understands it; null where it does not: then the server says. */
function compiled(pattern) {
  if (typeof pattern !== "string") return null;
  try {
    return new RegExp(pattern, "u");
  } catch {
    return null;
  }
}

/** The number that a text is; NaN where it is none that JSON can carry exactly. */
export function number(text, whole) {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : NaN;
  const exact = Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  return exact && (!whole || Number.isInteger(value)) ? value : NaN;
}

/** What is wrong with a number; empty where nothing is. */
export function wrongNumber(schema, value) {
  const { minimum: least, maximum: most, multipleOf: step } = schema;
  const { exclusiveMinimum: above, exclusiveMaximum: under } = schema;
  if (value < least) return `It must be at least ${least}.`;
  if (value > most) return `It must be at most ${most}.`;
  if (value <= above) return `It must be more than ${above}.`;
  if (value >= under) return `It must be less than ${under}.`;
  const times = step ? value / step : 0;
  return Math.abs(times - Math.round(times)) > 1e-9 ? `It must be a multiple of ${step}.` : "";
}

/** What is wrong with how many entries a list has, or with two of them; empty where nothing is. */
export function wrongList(schema, items) {
  const { minItems: least = 0, maxItems: most = Infinity } = schema;
  if (items.length < least) return `There must be ${least} or more.`;
  if (items.length > most) return `There may be ${most} at most.`;
  const distinct = new Set(items.map((item) => JSON.stringify(item)));
  return schema.uniqueItems && distinct.size < items.length ? "No two may be the same." : "";
}

/** What a schema allows, for a hint: "2 to 20 characters", "at least 1"; empty for anything, and
 *  for texts that may be longer than people write them. */
export function allowed(schema) {
  const most = schema.maxLength <= SHORT ? schema.maxLength : undefined;
  const text = range(schema.minLength > 1 ? schema.minLength : undefined, most);
  if (text) return `${text} characters`;
  return range(schema.minimum ?? schema.exclusiveMinimum, schema.maximum ?? schema.exclusiveMaximum);
}

function range(least, most) {
  if (least !== undefined && most !== undefined) return `${least} to ${most}`;
  if (least !== undefined) return `at least ${least}`;
  return most === undefined ? "" : `at most ${most}`;
}
