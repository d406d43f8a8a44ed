/**
 * What is proved of a plan: what is doubtful, with its lines, and every rule that it was held
 * against.
 */

import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { notice } from "../../lib/components.js";
import { findingsList } from "./source.js";
import { many, prose } from "./words.js";

/**
 * The proofs.
 *
 * @param {{proofs: Array<Object>}} known as GET …/proofs shows it
 * @param {Array<Object>} findings of the plan's text
 * @param {function(number): void} show goes to a line of the text
 */
export function proofsView({ proofs }, findings, show) {
  const proved = proofs.filter((each) => each.severity === "error");
  const doubts = proofs.filter((each) => each.severity === "warning");
  return h(
    "div",
    { class: "stack" },
    verdict(proved, findings),
    findings.length
      ? h(
          "section",
          { class: "card stack" },
          h("h2", null, "What is doubtful"),
          findingsList(findings, show),
        )
      : null,
    rules("Proved: none of this is so, on any way through the plan", proved),
    rules("Looked for: legal, and suspicious where it is so", doubts),
  );
}

function verdict(proved, findings) {
  const held = `${many(proved.length, "rule")} hold on every way through the plan.`;
  if (!findings.length) return notice("good", held, h("p", null, "Nothing about it is doubtful."));
  return notice(
    "wait",
    held,
    h("p", null, `${many(findings.length, "warning")}: legal, and worth a look.`),
  );
}

function rules(title, all) {
  const broken = all.filter((each) => each.findings).length;
  const items = [...all].sort((a, b) => b.findings - a.findings).map(rule);
  const count = broken ? `${broken} of ${all.length} found` : "none found";
  const summary = h(
    "summary",
    null,
    h("h2", null, title),
    h("span", { class: "small quiet" }, count),
  );
  return h(
    "details",
    { class: "card plan-rules", open: true },
    summary,
    h("ul", { class: "plain" }, items),
  );
}

function rule({ code, meaning, remedy, findings }) {
  const [drawn, tone, word] = findings ? ["unknown", "wait", "found"] : ["check", "good", "not so"];
  const sign = h(
    "span",
    { class: `plan-sign tone-${tone}` },
    icon(drawn),
    h("span", { class: "visually-hidden" }, `${word}: `),
  );
  const about = h("p", null, findings ? h("strong", null, prose(meaning)) : prose(meaning));
  const mend = findings ? h("p", { class: "small" }, prose(remedy)) : null;
  return h(
    "li",
    null,
    sign,
    h("div", null, about, mend, h("code", { class: "small quiet" }, code)),
  );
}
