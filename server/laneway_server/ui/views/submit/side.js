/** What a plan does on a lane, and how the lane is, beside the form. */

import { badge, laneLink, notice, operationLink, person, safety } from "../../lib/components.js";
import { h } from "../../lib/dom.js";
import { ago } from "../../lib/time.js";
import { laneText, phaseTitle } from "../../lib/words.js";
import { prose } from "../../lib/schema-form/frame.js";

/**
 * @param {Object} plan as GET /v1/plans/NAME shows it
 * @param {Object} lane
 * @param {Object|null} held the lane as GET shows it; null where it may not be read
 * @returns {Node[]}
 */
export function sideOf(plan, lane, held) {
  return [doing(plan), held ? standing(lane, held) : null];
}

function doing(plan) {
  const { name, title, version, description, phases } = plan;
  const shown = phases.filter(({ kind }) => kind !== "end");
  const link = h("a", { href: `/plans/${encodeURIComponent(name)}` }, `${name}, version ${version}`);
  return h(
    "section",
    { class: "card stack" },
    h("h2", null, title || name),
    description ? h("p", null, prose(description)) : null,
    h("ol", { class: "submit-steps plain" }, shown.map(step)),
    h("p", { class: "small" }, link),
    picture(plan),
  );
}

function step(phase) {
  const tag = phase.safety ? safety(phase.safety) : kind(phase.kind);
  return h("li", { class: phase.parent ? "submit-branch" : null }, h("span", null, phaseTitle(phase)), tag);
}

const KINDS = { approval: "Asks people", wait: "Waits", parallel: "At once" };

function kind(name) {
  return h("span", { class: "tag" }, KINDS[name] ?? name);
}

function picture({ links, title, name }) {
  const src = `${links.diagram}?format=svg`;
  const alt = `The phases of ${title || name}, and what follows on what`;
  const image = () => h("img", { src, alt, class: "submit-picture" });
  const details = h("details", { class: "act-folded" }, h("summary", null, "As a picture"));
  details.addEventListener("toggle", () => details.append(image()), { once: true });
  return details;
}

function standing(lane, held) {
  const { holder, busy, queued, frozen, freeze, last_pass: passed } = held;
  return h(
    "section",
    { class: "card stack", "aria-label": `The lane ${laneText(lane)}` },
    h("h2", null, laneLink(lane)),
    frozen ? notice("wait", "It takes no new operations", h("p", null, person(freeze.by), " froze it ", ago(freeze.at), ": ", h("q", null, freeze.reason))) : null,
    h(
      "dl",
      { class: "facts" },
      h("dt", null, "Held by"),
      h("dd", null, holder ? [operationLink(holder), " ", badge(holder.status)] : busy ? "an operation that you may not read" : "nobody"),
      queued ? [h("dt", null, "In the queue"), h("dd", null, queued)] : null,
      h("dt", null, "Last passed"),
      h("dd", null, passed ? [operationLink(passed), " ", ago(passed.finished_at)] : "never"),
    ),
  );
}
