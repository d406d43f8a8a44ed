/**
 * The plans that the server offers, and the files that it could not use. `?file=NAME` shows the
 * text of such a file, with its errors at their lines.
 */

import { get } from "../lib/api.js";
import { empty, safety } from "../lib/components.js";
import { h, replace } from "../lib/dom.js";
import { icon } from "../lib/icons.js";
import { may } from "../lib/session.js";
import { planFile } from "./plans/file.js";
import { many, prose } from "./plans/words.js";

const SAFETIES = ["read", "safe_write", "mutation", "destructive"];

/** @type {function(import("../lib/router.js").Visit): Promise<void>} */
export async function view({ query, signal, outlet, setTitle }) {
  const file = query.get("file");
  if (file) return planFile(file, { query, signal, outlet, setTitle });
  setTitle("Plans");
  const [listed, safeties] = await Promise.all([get("/v1/plans", { signal }), known(signal)]);
  const cards = listed.plans.map((plan) => card(plan, safeties, listed.errors));
  replace(
    outlet,
    head(listed.plans.length),
    refused(listed.errors),
    cards.length
      ? h("ul", { class: "plain plan-cards", "aria-label": "Plans" }, cards)
      : empty("No plan is offered that you may read."),
  );
  return null;
}

/** What each action does to the world, by its id; the plans can be read without it. */
async function known(signal) {
  const { drivers } = await get("/v1/drivers", { signal }).catch(() => ({ drivers: [] }));
  const actions = drivers.flatMap((driver) => driver.actions);
  return new Map(actions.map((action) => [action.action_id, action.safety]));
}

function head(count) {
  const said = count ? `${many(count, "plan")}: what operations do, phase by phase.` : "";
  return h(
    "header",
    { class: "view-head" },
    h("div", null, h("h1", null, "Plans"), h("p", { class: "quiet" }, said)),
  );
}

function card(plan, safeties, errors) {
  const href = `/plans/${encodeURIComponent(plan.name)}`;
  const broken = errors.filter((error) => error.kept?.name === plan.name).length;
  const title = h("h2", null, h("a", { href }, plan.title || plan.name));
  const tags = [safety(worst(plan, safeties)), doubts(plan), changed(plan, broken)];
  const name = h(
    "p",
    { class: "small quiet" },
    h("code", null, plan.name),
    ` · version ${plan.version}`,
  );
  return h(
    "li",
    { class: "card plan-card" },
    h("div", { class: "plan-card-head" }, h("div", null, title, name), submit(plan)),
    plan.description ? h("p", { class: "plan-card-text" }, plan.description) : null,
    h(
      "div",
      { class: "row" },
      tags,
      h("span", { class: "small quiet" }, many(plan.actions.length, "action")),
    ),
  );
}

function worst(plan, safeties) {
  const ranks = plan.actions.map((action) => SAFETIES.indexOf(safeties.get(action)));
  return SAFETIES[Math.max(0, ...ranks)];
}

function doubts({ name, warnings }) {
  if (!warnings) return null;
  const href = `/plans/${encodeURIComponent(name)}?tab=proofs`;
  return h("a", { href, class: "tag tone-wait" }, icon("unknown"), many(warnings, "warning"));
}

function changed(plan, broken) {
  if (!broken) return null;
  const href = `/plans?file=${encodeURIComponent(plan.file)}`;
  return h(
    "a",
    { href, class: "tag tone-bad" },
    icon("fail"),
    `File not used: ${many(broken, "error")}`,
  );
}

/** A way to submit, as soon as it is known that the caller may. */
function submit({ name, title }) {
  const href = `/submit?plan=${encodeURIComponent(name)}`;
  const link = h(
    "a",
    { href, class: "button", hidden: true, "aria-label": `Submit ${title || name}` },
    "Submit",
  );
  may("submit", { plan: name }).then((allowed) => (link.hidden = !allowed));
  return link;
}

/** The files that could not be used. */
function refused(errors) {
  const files = Map.groupBy(errors, (error) => error.file);
  if (!files.size) return null;
  return h(
    "section",
    { class: "notice notice-bad", "aria-labelledby": "refused-files" },
    icon("fail"),
    h(
      "div",
      { class: "notice-body" },
      h(
        "h2",
        { class: "notice-title", id: "refused-files" },
        `${many(files.size, "file")} could not be used`,
      ),
      h(
        "ul",
        { class: "plain stack" },
        [...files].map(([file, found]) => refusedFile(file, found)),
      ),
    ),
  );
}

function refusedFile(file, found) {
  const [first] = found;
  const link = h(
    "a",
    { href: `/plans?file=${encodeURIComponent(file)}`, class: "mono strong" },
    file,
  );
  const kept = first.kept
    ? ` Version ${first.kept.version} of ${first.kept.name} stays in force.`
    : "";
  const rest = found.length > 1 ? ` …and ${many(found.length - 1, "more")}.` : "";
  const line = h("span", { class: "quiet" }, `Line ${first.line}: `);
  return h(
    "li",
    null,
    link,
    ` · ${many(found.length, "error")}`,
    h("p", null, line, prose(first.message), ".", rest, kept),
  );
}
