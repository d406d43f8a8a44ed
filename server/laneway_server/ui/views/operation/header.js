/**
 * The top of an operation's view: one sentence, how it is, and who to thank for it.
 */

import { badge, copyButton, laneLink, operationLink, person, shortId } from "../../lib/components.js";
import { h, replace, setText } from "../../lib/dom.js";
import { ago, elapsed, kept, until } from "../../lib/time.js";
import { TERMINAL, doing, headline, standing } from "../../lib/words.js";
import { titled } from "./story.js";

/**
 * @returns {HTMLElement} with `show(operation)` and `actions`, where what can be done is put
 */
export function headerOf() {
  const where = h("nav", { class: "op-where small", "aria-label": "Where this is" });
  const title = h("h1", { class: "op-headline" });
  const about = h("div", { class: "row op-about" });
  const said = h("p", { class: "visually-hidden", role: "status", "aria-live": "polite" });
  const actions = h("div", { class: "op-actions" });
  const node = h("header", { class: "op-header" }, where, h("div", { class: "op-title-row" }, title), about, said, actions);
  const here = { operation: null, spoken: "" };

  function show(operation) {
    const begins = here.operation === null;
    here.operation = operation;
    if (begins) {
      replace(where, crumbs(operation));
      kept(title, () => headline(here.operation));
    }
    setText(title, headline(operation));
    replace(about, facts(operation));
    const now = `${operation.status} ${operation.phase ?? ""}`;
    if (!begins && here.spoken !== now) setText(said, spoken(operation));
    here.spoken = now;
  }

  return Object.assign(node, { show, actions });
}

function crumbs(operation) {
  const href = `/operations?plan=${encodeURIComponent(operation.plan.name)}`;
  return h(
    "ol",
    { class: "plain row" },
    h("li", null, laneLink(operation.lane)),
    h("li", null, h("a", { href }, operation.plan.title || operation.plan.name)),
    h("li", { "aria-current": "page" }, h("span", { class: "mono" }, shortId(operation.id))),
  );
}

/** What is said aloud when something has changed. */
function spoken(operation) {
  const phase = TERMINAL.has(operation.status) ? "" : titled(operation, operation.phase);
  return `${doing(operation)}: ${standing(operation)}${phase ? `. Phase: ${phase}` : ""}`;
}

function facts(operation) {
  const { started_at: started, created_at: created, finished_at: finished } = operation;
  return [
    badge(operation.status),
    operation.dry_run ? h("span", { class: "tag tone-active" }, "Dry run") : null,
    h("span", { class: "quiet" }, finished ? "took " : "for ", elapsed(started ?? created, finished)),
    h("span", { class: "quiet" }, "submitted ", ago(created), " by ", person(operation.requested_by)),
    deadline(operation),
    related("supersedes", operation.supersedes),
    related("retry of", operation.retry_of),
    h("span", { class: "row op-id" }, h("code", { class: "quiet" }, operation.id), copyButton(operation.id, "Copy the operation's id")),
  ];
}

function deadline({ deadline_at: at, finished_at: finished }) {
  return at && !finished ? h("span", { class: "quiet" }, "deadline ", until(at)) : null;
}

function related(word, id) {
  return id ? h("span", { class: "quiet" }, `${word} `, operationLink(id)) : null;
}
