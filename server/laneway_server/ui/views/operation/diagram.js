/**
 * The plan as a picture, with the path that the operation took and where it is now. The server
 * draws it; here it is only an image, and the words in it are given beside it.
 */

import { get, operationPath } from "../../lib/api.js";
import { problemNotice, spinner } from "../../lib/components.js";
import { h, replace } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { TERMINAL, phaseOf, phaseTitle, statusWord } from "../../lib/words.js";

const SOON = 400; // ms: many events at once are one new picture

/**
 * @param {AbortSignal} signal
 * @returns {HTMLElement} with `show(operation)`
 */
export function diagramOf(signal) {
  const image = h("img", { class: "op-diagram-image", alt: "" });
  const place = h("div", { class: "op-diagram-place", tabIndex: 0, role: "group", "aria-label": "Picture of the plan" }, spinner("Drawing the plan"));
  const words = h("div", { class: "op-more op-diagram-words", hidden: true });
  const title = h("h2", { id: "op-diagram-title" }, "Plan and path");
  const here = { seq: 0, timer: null, operation: null, text: "" };
  const large = h("a", { class: "button", target: "_blank", rel: "noopener" }, icon("link"), "Open the picture alone");
  const head = h("header", { class: "op-card-head" }, title, large);
  const node = h("section", { class: "card", "aria-labelledby": "op-diagram-title" }, head, place, words);
  signal.addEventListener("abort", () => clearTimeout(here.timer), { once: true });

  function show(operation) {
    here.operation = operation;
    large.href = `${operationPath(operation.id, "diagram")}?format=svg`;
    if (operation.seq === here.seq) return;
    const first = here.seq === 0;
    here.seq = operation.seq;
    clearTimeout(here.timer);
    here.timer = setTimeout(draw, first ? 0 : SOON);
  }

  async function draw() {
    const { operation } = here;
    try {
      const path = operationPath(operation.id, "diagram");
      const text = await get(path, { query: { format: "svg" }, headers: { Accept: "image/svg+xml" }, signal });
      if (text === here.text) return;
      here.text = text;
      image.alt = alternative(operation);
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
      if (image.parentNode !== place) replace(place, image);
      tell(words, text);
    } catch (problem) {
      if (problem.name !== "AbortError" && !here.text) replace(place, problemNotice(problem));
    }
  }

  return Object.assign(node, { show });
}

/** What the picture shows, in one breath. */
function alternative(operation) {
  const reached = operation.phases.filter(({ status }) => status !== "pending");
  const steps = reached.map((phase) => `${phaseTitle(phase)} (${statusWord(phase.status).toLowerCase()})`);
  const now = TERMINAL.has(operation.status) ? null : phaseOf(operation, operation.phase);
  const at = now ? ` It is now in ${phaseTitle(now)}.` : "";
  return `The plan ${operation.plan.title}. Reached so far: ${steps.join(", ") || "nothing"}.${at}`;
}

/** The picture's own description, for those who would rather read it. */
function tell(place, text) {
  const described = /<desc>([^<]*)<\/desc>/.exec(text)?.[1];
  place.hidden = !described;
  if (!described) return;
  const open = place.querySelector("details")?.open ?? false;
  const sentences = plain(described).split(/(?<=\.)\s+(?=[A-Z])/);
  const list = h("ul", null, sentences.map((each) => h("li", null, each)));
  replace(place, h("details", { open }, h("summary", null, "The picture in words"), list));
}

const ENTITIES = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&", "#39": "'", "#34": '"' };

function plain(text) {
  return text.replaceAll(/&(lt|gt|quot|apos|amp|#39|#34);/g, (whole, name) => ENTITIES[name]);
}
