/**
 * Submitting: which plan, on which lane, and what the plan asks for; a dry run first.
 */

import { operationPath, get } from "../lib/api.js";
import { notice, problemNotice } from "../lib/components.js";
import { h, replace } from "../lib/dom.js";
import { setQuery } from "../lib/router.js";
import { schemaForm } from "../lib/schema-form.js";
import { mayDo } from "../lib/session.js";
import { laneText } from "../lib/words.js";
import { buttonsOf } from "./submit/buttons.js";
import { chooser, laneOf } from "./submit/choice.js";
import { dryRunOf } from "./submit/dry-run.js";
import { manner } from "./submit/manner.js";
import { placed } from "./submit/errors.js";
import { outstanding, sender, unanswered } from "./submit/send.js";
import { sideOf } from "./submit/side.js";
import { superseding } from "./submit/superseding.js";

/** @param {import("../lib/router.js").Visit} visit */
export async function view({ query, outlet, signal, setTitle }) {
  setTitle("Submit");
  const [plans, lanes, before] = await Promise.all([
    get("/v1/plans", { signal }),
    lanesKnown(signal),
    earlier(query.get("from"), signal),
  ]);
  const page = { signal, plans: plans.plans, lanes, before, query, form: null };
  page.choice = chooser(page, () => chosen(page));
  page.main = h("div", { class: "submit-main stack" });
  page.side = h("aside", { class: "submit-side stack", "aria-label": "What it will do" });
  replace(outlet, head(), outstanding(), h("div", { class: "with-side" }, h("div", { class: "stack" }, page.choice.node, page.main), page.side));
  await chosen(page);
}

function head() {
  return h(
    "header",
    { class: "view-head" },
    h(
      "div",
      null,
      h("h1", null, "Submit an operation"),
      h("p", { class: "quiet" }, "Say what is to be done where. Try it with a dry run first: it asks everything, and changes nothing."),
    ),
  );
}

/** The lanes that the caller may read; whoever may read none names theirs. */
async function lanesKnown(signal) {
  try {
    const lanes = [];
    for (let cursor = ""; cursor !== null; ) {
      const page = await get("/v1/lanes", { query: { limit: 200, cursor }, signal });
      lanes.push(...page.lanes.map(({ lane }) => lane));
      cursor = page.next_cursor;
    }
    return lanes;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return [];
  }
}

/** The operation whose request is to be submitted again. */
async function earlier(id, signal) {
  if (!id) return null;
  return get(operationPath(id), { signal }).catch(() => null);
}

/** A plan and a lane are chosen: ask what the plan asks for. */
async function chosen(page) {
  const { plan: name, lane } = page.choice.read();
  setQuery({ plan: name, product: lane?.product ?? null, context: lane?.context ?? null, instance: lane?.instance ?? null });
  const turn = (page.turn = {});
  if (!name || !lane) return replace(page.main, incomplete(name));
  try {
    const [plan, held, acts] = await Promise.all([
      get(`/v1/plans/${encodeURIComponent(name)}`, { signal: page.signal }),
      laneOf(lane, page.signal),
      mayDo({ plan: name, lane }),
    ]);
    if (page.turn === turn) asked(page, plan, lane, held, acts.has("submit"));
  } catch (error) {
    if (error.name !== "AbortError" && page.turn === turn) replace(page.main, problemNotice(error));
  }
  return undefined;
}

function incomplete(name) {
  const what = name ? "a lane" : "a plan";
  return h("p", { class: "empty" }, `Choose ${what} to see what it asks for.`);
}

function asked(page, plan, lane, held, may) {
  replace(page.side, sideOf(plan, lane, held));
  if (!may) {
    return replace(page.main, notice("wait", `You may not submit ${plan.name} on ${laneText(lane)}`, h("p", null, "Ask whoever keeps the server's access file for a rule that allows it.")));
  }
  const form = formOf(page, plan, lane, held);
  replace(page.main, form.node);
  return undefined;
}

// --- the form -------------------------------------------------------------------------------------

function formOf(page, plan, lane, held) {
  const form = { plan, lane, held, signal: page.signal, busy: false };
  const changed = () => form.buttons?.update();
  form.request = schemaForm(plan.request, { value: requestOf(page, plan), onchange: changed });
  form.manner = manner(plan, held, page.before, changed);
  form.superseding = superseding(form, named(page, plan, lane), changed);
  form.problem = h("div", { class: "submit-problem" });
  form.send = sender(form);
  form.document = () => documentOf(form);
  form.dryRun = dryRunOf(form, changed);
  form.buttons = buttonsOf(form, { dry: () => submit(form, true), real: () => submit(form, false) });
  form.node = h("form", { class: "submit-form card", novalidate: true, "aria-label": `Request of ${plan.title || plan.name}` }, sections(form));
  form.node.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form, form.buttons.first() === "dry");
  });
  return form;
}

function sections(form) {
  return [
    h("section", { class: "stack" }, h("h2", null, "What the plan asks for"), form.request.node),
    h("section", { class: "stack" }, h("h2", null, "How and why"), form.manner.node, form.superseding.node),
    form.problem,
    form.dryRun.node,
    form.buttons.node,
  ];
}

function requestOf({ before }, plan) {
  return before?.plan.name === plan.name ? before.request : undefined;
}

/** The operation that the address says is to be done again, where it is of this plan and lane. */
function named({ query, before }, plan, lane) {
  const id = query.get("supersedes");
  const same = before && before.plan.name === plan.name && laneText(before.lane) === laneText(lane);
  return id && same ? id : null;
}

function documentOf(form) {
  const { reason, when_busy: whenBusy } = form.manner.read();
  const supersedes = form.superseding.read();
  return {
    plan: form.plan.name,
    lane: form.lane,
    request: form.request.read(),
    ...(reason ? { reason } : {}),
    ...(whenBusy ? { when_busy: whenBusy } : {}),
    ...(supersedes ? { supersedes } : {}),
  };
}

/** Send it; a second click while that is under way does nothing. */
async function submit(form, dry) {
  if (form.busy) return;
  replace(form.problem);
  const wrong = form.request.check();
  form.request.show(wrong);
  if (wrong.length) return void (form.request.focusFirstError() || form.problem.focus());
  if (!dry && !form.superseding.accepted()) return form.superseding.focus();
  working(form, true);
  try {
    const document = form.document();
    await (dry ? form.dryRun.begin(document) : form.send.real(document));
  } catch (problem) {
    refused(form, problem, dry);
  } finally {
    working(form, false);
  }
}

function working(form, now) {
  form.busy = now;
  form.buttons.update();
}

function refused(form, problem, dry) {
  if (problem.name === "AbortError") return;
  if (problem.code === "repeat_not_accepted" && !dry) return form.superseding.ask(problem.operation);
  const rest = placed(form, problem);
  if (rest) replace(form.problem, unanswered(rest) ?? problemNotice(rest));
  if (form.request.focusFirstError()) return;
  form.problem.scrollIntoView({ block: "nearest" });
}

