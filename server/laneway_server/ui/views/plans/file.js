/**
 * A file of the plans' folder that could not be used: its text, with the errors at their lines.
 */

import { get } from "../../lib/api.js";
import { notice } from "../../lib/components.js";
import { h, replace } from "../../lib/dom.js";
import { findingsList, sourceView } from "./source.js";
import { many } from "./words.js";

/** Show the file of that name; the rest is as a view is given it. */
export async function planFile(file, { query, signal, outlet, setTitle }) {
  setTitle(file);
  const found = await get(`/v1/plan-files/${encodeURIComponent(file)}`, { signal });
  const source = sourceView(found, { line: Number(query.get("line")) || null });
  const back = h("p", null, h("a", { href: "/plans" }, "Plans"));
  const head = h(
    "header",
    { class: "view-head" },
    h("div", null, back, h("h1", { class: "mono plan-file-name" }, found.file)),
  );
  const list = found.findings.length
    ? h(
        "section",
        { class: "card stack", "aria-labelledby": "file-findings" },
        h("h2", { id: "file-findings" }, many(found.findings.length, "finding")),
        findingsList(found.findings, source.show, { brief: true }),
      )
    : null;
  replace(outlet, head, standing(found), list, source);
}

function standing({ offered, plan }) {
  if (offered) {
    const link = h("a", { href: `/plans/${encodeURIComponent(plan.name)}` }, plan.name);
    return notice(
      "good",
      "The file is in use",
      h("p", null, "It holds ", link, `, version ${plan.version}.`),
    );
  }
  if (!plan)
    return notice(
      "bad",
      "The file cannot be used",
      h("p", null, "No plan is offered from it until its errors are mended."),
    );
  const link = h("a", { href: `/plans/${encodeURIComponent(plan.name)}` }, plan.name);
  return notice(
    "bad",
    "The file cannot be used as it is now",
    h(
      "p",
      null,
      "Version ",
      String(plan.version),
      " of ",
      link,
      " stays in force until its errors are mended.",
    ),
  );
}
