/**
 * The versions of a plan, and the difference between two of them.
 */

import { get } from "../../lib/api.js";
import { digest, empty, notice, problemNotice, spinner, table } from "../../lib/components.js";
import { h, replace } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { setQuery } from "../../lib/router.js";
import { when } from "../../lib/time.js";
import { differenceView } from "./difference.js";
import { sourceView } from "./source.js";

/**
 * The versions.
 *
 * @param {{name: string, versions: Array<Object>}} listed newest first
 * @param {{path: string, query: URLSearchParams, signal: AbortSignal}} how `path`: of the plan
 */
export function versionsView({ name, versions }, { path, query, signal }) {
  const below = h("div", {
    class: "stack",
    role: "region",
    "aria-live": "polite",
    "aria-label": "Versions compared",
  });
  const compare = (from, to) => {
    setQuery({ from, to, show: null });
    load(below, get(`${path}/difference`, { query: { from, to }, signal }), differenceView);
  };
  const read = (version) => {
    setQuery({ show: String(version), from: null, to: null });
    load(below, get(`${path}/versions/${version}`, { signal }), (found) => text(name, found));
  };
  begin(query, compare, read);
  const list = table({
    caption: `Versions of ${name}`,
    columns: columns(versions, compare, read),
    rows: versions,
    key: (each) => String(each.version),
  });
  list.classList.add("hist-table");
  return h("div", { class: "stack" }, list, form(versions, query, compare), below);
}

function begin(query, compare, read) {
  const [from, to, show] = ["from", "to", "show"].map((each) => query.get(each));
  if (from && to) compare(from, to);
  else if (show) read(show);
}

async function load(below, promise, draw) {
  replace(below, spinner());
  try {
    replace(below, draw(await promise));
  } catch (problem) {
    if (problem.name !== "AbortError") replace(below, problemNotice(problem));
  }
}

function columns(versions, compare, read) {
  const before = new Map(versions.map((each, index) => [each, versions[index + 1]]));
  return [
    {
      label: "Version",
      head: true,
      cell: ({ version, offered }) =>
        h(
          "span",
          { class: "row" },
          h("strong", null, String(version)),
          offered ? h("span", { class: "tag tone-good" }, icon("check"), "In force") : null,
        ),
    },
    { label: "First loaded", cell: ({ first_seen_at: at }) => when(at) },
    { label: "Digest", class: "wide-only", cell: (each) => digest(each.digest) },
    { label: "What is in it", cell: (each) => acts(each, before.get(each), compare, read) },
  ];
}

function acts(each, older, compare, read) {
  if (!each.kept)
    return h(
      "span",
      { class: "quiet small" },
      "Not known: it was loaded before versions were kept",
    );
  const { version } = each;
  const show = h(
    "button",
    {
      type: "button",
      class: "plain",
      "aria-label": `Text of version ${version}`,
      onclick: () => read(version),
    },
    "Text",
  );
  const differ = older?.kept
    ? h(
        "button",
        {
          type: "button",
          class: "plain",
          "aria-label": `Changes since ${older.version}, in version ${version}`,
          onclick: () => compare(String(older.version), String(version)),
        },
        `Changes since ${older.version}`,
      )
    : null;
  return h("span", { class: "row row-wide" }, differ, show);
}

/** Any two versions. */
function form(versions, query, compare) {
  const kept = versions.filter((each) => each.kept).map((each) => String(each.version));
  if (kept.length < 2)
    return versions.length > 1
      ? null
      : empty("There is one version so far; the next can be compared with it.");
  const from = choice("Compare version", kept, query.get("from") ?? kept[1]);
  const to = choice("with version", kept, query.get("to") ?? kept[0]);
  const submitted = (event) => {
    event.preventDefault();
    compare(from.value, to.value);
  };
  return h(
    "form",
    { class: "row plan-compare", onsubmit: submitted },
    h("label", null, "Compare version ", from),
    h("label", null, "with ", to),
    h("button", { type: "submit" }, "Compare"),
  );
}

function choice(label, kept, chosen) {
  return h(
    "select",
    { "aria-label": label },
    kept.map((version) => h("option", { value: version, selected: version === chosen }, version)),
  );
}

function text(name, found) {
  if (!found.text)
    return notice(
      "info",
      `The text of version ${found.version} was not kept`,
      h("p", null, "What it does is known all the same: compare it with another version."),
    );
  const file = `${name}, version ${found.version}`;
  return h(
    "section",
    { class: "stack" },
    h("h2", null, `Version ${found.version} as it was loaded`),
    sourceView({ text: found.text, file, findings: [] }),
  );
}
