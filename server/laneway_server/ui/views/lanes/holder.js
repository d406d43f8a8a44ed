/**
 * Who holds a lane: its headline, how far it is, and the way to it.
 */

import { badge, person, shortId } from "../../lib/components.js";
import { h, patchList, replace, set, setText } from "../../lib/dom.js";
import { kept, ago } from "../../lib/time.js";
import { STATUS, headline, phaseTitle, statusWord } from "../../lib/words.js";

/** A card; `show(operation)` brings it up to date. */
export function holderCard() {
  const status = h("div", { class: "row" });
  const link = h("a");
  const phases = h("ol", { class: "lane-phases", "aria-label": "Phases" });
  const about = h("p", { class: "small quiet" });
  const open = h("a", { class: "button" }, "Open the operation");
  const node = h("section", { class: "card lane-holder", "aria-label": "Who holds the lane" }, status, h("p", { class: "lane-headline" }, link), phases, about, h("div", { class: "row" }, open));
  const show = (operation) => {
    const href = `/operations/${encodeURIComponent(operation.id)}`;
    set(node, { class: `card lane-holder tone-${STATUS[operation.status]?.tone ?? "quiet"}` });
    replace(status, badge(operation.status), h("span", { class: "mono small quiet", title: operation.id }, shortId(operation.id)));
    set(link, { href });
    set(open, { href, class: wantsPerson(operation) ? "button primary" : "button" });
    setText(open, wantsPerson(operation) ? "Look at it and decide" : "Open the operation");
    kept(link, () => headline(operation));
    patchList(phases, operation.phases.filter((phase) => !phase.parent), (phase) => phase.name, phaseItem, markPhase);
    replace(about, "Asked for by ", person(operation.requested_by), " ", ago(operation.created_at), operation.reason ? `: “${operation.reason}”` : null);
  };
  return { node, show };
}

function wantsPerson({ status, waiting_for: waiting }) {
  return status === "reconciliation_required" || waiting?.kind === "approval";
}

function phaseItem(phase) {
  const node = h("li", null, h("span", { class: "visually-hidden" }));
  markPhase(node, phase);
  return node;
}

function markPhase(node, phase) {
  const text = `${phaseTitle(phase)}: ${statusWord(phase.status)}`;
  set(node, { "data-status": phase.status, title: text });
  setText(node.firstChild, text);
}
