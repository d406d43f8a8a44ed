/**
 * One plan: what it does and asks, what is proved of it, its text, and its versions.
 */

import { Problem, get } from "../lib/api.js";
import { digest, notice, problemNotice, spinner, tabs } from "../lib/components.js";
import { h, replace } from "../lib/dom.js";
import { may } from "../lib/session.js";
import { onDay } from "../lib/time.js";
import { factsCard, inWords } from "./plans/facts.js";
import { proofsView } from "./plans/proofs.js";
import { findingsList, sourceView } from "./plans/source.js";
import { versionsView } from "./plans/versions.js";
import { many } from "./plans/words.js";

/** @type {function(import("../lib/router.js").Visit): Promise<void>} */
export async function view({ params, query, signal, outlet, setTitle }) {
  setTitle(params.name);
  const path = `/v1/plans/${encodeURIComponent(params.name)}`;
  const plan = await offered(path, signal);
  if (plan === null) return gone(params.name, path, { query, signal, outlet });
  setTitle(plan.title || plan.name);
  const [source, listed] = await Promise.all([
    get(`${path}/source`, { signal }),
    get("/v1/plans", { signal }),
  ]);
  const knowledge = get(`${path}/proofs`, { signal });
  knowledge.catch(() => null); // whoever shows it says so
  const broken = listed.errors.filter((error) => error.kept?.name === plan.name);
  replace(
    outlet,
    head(plan),
    changed(plan, broken),
    body(plan, source, { knowledge, path, query, signal }),
  );
  return null;
}

/** The plan; null where it is not offered (any more). */
async function offered(path, signal) {
  try {
    return await get(path, { signal });
  } catch (error) {
    if (error instanceof Problem && error.code === "plan_not_found") return null;
    throw error;
  }
}

/** What is left of a plan whose file has gone. */
async function gone(name, path, { query, signal, outlet }) {
  const versions = await get(`${path}/versions`, { signal });
  const why =
    "Its file is no longer there, or holds another plan. Operations that were accepted under it keep it.";
  replace(
    outlet,
    h("header", { class: "view-head" }, h("div", null, back(), h("h1", null, name))),
    notice("info", "This plan is not offered any more", h("p", null, why)),
    versionsView(versions, { path, query, signal }),
  );
}

function back() {
  return h("p", null, h("a", { href: "/plans" }, "Plans"));
}

function head(plan) {
  const seen = plan.versions.find((each) => each.digest === plan.digest);
  const since = seen ? [" · since ", onDay(seen.first_seen_at)] : null;
  const version = h("span", null, `version ${plan.version}`, since);
  const about = h(
    "p",
    { class: "row row-wide quiet" },
    h("code", null, plan.name),
    version,
    digest(plan.digest),
  );
  const submit = h(
    "a",
    {
      class: "button primary",
      href: `/submit?plan=${encodeURIComponent(plan.name)}`,
      hidden: true,
    },
    "Submit",
  );
  may("submit", { plan: plan.name }).then((allowed) => (submit.hidden = !allowed));
  const past = h(
    "a",
    { class: "button", href: `/operations?plan=${encodeURIComponent(plan.name)}` },
    "Operations",
  );
  return h(
    "header",
    { class: "view-head" },
    h("div", null, back(), h("h1", null, plan.title || plan.name), about),
    h("div", { class: "row" }, past, submit),
  );
}

function changed(plan, broken) {
  if (!broken.length) return null;
  const link = h("a", { href: `/plans?file=${encodeURIComponent(plan.file)}` }, plan.file);
  const told = `: ${many(broken.length, "error")}. Version ${plan.version} stays in force until they are mended.`;
  return notice(
    "bad",
    "The file has changed, and cannot be used as it is now",
    h("p", null, link, told),
  );
}

function body(plan, source, { knowledge, path, query, signal }) {
  const text = sourceView(source, { line: Number(query.get("line")) || null });
  const show = (line) => {
    views.open("source");
    text.show(line);
  };
  const versions = () =>
    later(get(`${path}/versions`, { signal }), (found) =>
      versionsView(found, { path, query, signal }),
    );
  const views = tabs(
    [
      { id: "overview", label: "Overview", build: () => overview(plan, knowledge) },
      { id: "phases", label: "Phases", build: () => later(knowledge, inWords) },
      {
        id: "proofs",
        label: "Proofs",
        count: source.findings.length || null,
        build: () => later(knowledge, (known) => proofsView(known, source.findings, show)),
      },
      { id: "source", label: "Source", build: () => sourceTab(source, text, show) },
      { id: "versions", label: "Versions", count: plan.versions.length || null, build: versions },
    ],
    { label: "About this plan" },
  );
  return views;
}

function sourceTab({ findings }, text, show) {
  if (!findings.length) return text;
  const list = h(
    "section",
    { class: "card stack" },
    h("h2", null, many(findings.length, "warning")),
    findingsList(findings, show, { brief: true }),
  );
  return h("div", { class: "stack" }, list, text);
}

function overview(plan, knowledge) {
  const described = plan.description ? h("p", { class: "plan-lead" }, plan.description) : null;
  const known = later(knowledge, (found) => factsCard(found, plan));
  return h(
    "div",
    { class: "stack" },
    described,
    h("div", { class: "plan-overview" }, diagram(plan), known),
  );
}

function diagram({ name, title }) {
  const src = `/v1/plans/${encodeURIComponent(name)}/diagram?format=svg`;
  const picture = h("img", {
    src,
    alt: `Diagram of the plan ${title || name}; the tab Phases tells it in words`,
  });
  const link = h(
    "a",
    { href: src, target: "_blank", rel: "noopener", class: "small" },
    "Open the diagram by itself",
  );
  return h(
    "figure",
    { class: "card plan-diagram" },
    h(
      "div",
      { class: "plan-diagram-scroll", tabIndex: 0, role: "region", "aria-label": "Diagram" },
      picture,
    ),
    h("figcaption", null, link),
  );
}

/** Something that is still on its way: a spinner, then it, or why not. */
function later(promise, draw) {
  const node = h("div", { class: "stack" }, spinner());
  promise.then(
    (found) => replace(node, draw(found)),
    (problem) => problem.name !== "AbortError" && replace(node, problemNotice(problem)),
  );
  return node;
}
