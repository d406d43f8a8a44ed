/**
 * A phase in the timeline: its name, how it is, when it ran, and, unfolded, all that is known of it.
 */

import { safety } from "../../lib/components.js";
import { h, replace, set, setText } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { elapsed, until } from "../../lib/time.js";
import { STATUS, phaseTitle, statusWord } from "../../lib/words.js";
import { panelOf } from "./phase-panel.js";
import { failureText } from "./story.js";
import { drawTrack, trackOf } from "./track.js";

/** Statuses in which somebody wants to know why: the panel opens by itself. */
const TELLING = new Set(["fail", "refused", "reconciliation_required"]);

/**
 * A row.
 *
 * @param {string} name of the phase
 * @returns {HTMLElement} with `show(item, context)` and `draw(scale, end)`; an item is `{phase,
 *   course, carried}`, the context `{operation, record}`
 */
export function rowOf(name) {
  const parts = partsOf(name);
  const node = h("li", { class: "op-phase", id: `phase-${name}` }, parts.row, parts.panel);
  const here = { open: false, chosen: false, item: null, context: null, shown: "" };

  const open = (wanted) => {
    here.open = wanted;
    parts.button.setAttribute("aria-expanded", String(wanted));
    parts.panel.hidden = !wanted;
    if (wanted) fill(parts.panel, here);
  };
  const toggle = () => {
    here.chosen = true;
    open(!here.open);
  };
  parts.button.addEventListener("click", toggle);
  parts.row.addEventListener("click", (event) => {
    const own = event.target.closest("button, a") || String(window.getSelection());
    if (!own) toggle();
  });

  const show = (item, context) => {
    const text = signature(item);
    Object.assign(here, { item, context });
    if (text === here.shown) return;
    here.shown = text;
    describe(node, parts, item);
    if (!here.chosen && !here.open && tells(item.phase)) open(true);
    else if (here.open) fill(parts.panel, here);
  };
  const draw = (scale, end) => drawTrack(parts.track, here.item?.course?.spans ?? [], scale, end);
  return Object.assign(node, { show, draw, open: (wanted) => ((here.chosen = true), open(wanted)) });
}

/** A parallel phase only repeats what its branches tell. */
function tells({ kind, status }) {
  return kind !== "parallel" && TELLING.has(status);
}

function partsOf(name) {
  const panelId = `phase-${name}-panel`;
  const status = h("span", { class: "op-status" });
  const title = h("span", { class: "op-title" });
  const word = h("span", { class: "visually-hidden" });
  const button = h(
    "button",
    { type: "button", class: "plain op-toggle", "aria-expanded": "false", "aria-controls": panelId },
    status,
    title,
    word,
  );
  const sub = h("p", { class: "op-sub" });
  const took = h("span", { class: "op-took" });
  const track = trackOf();
  const more = h("span", { class: "op-chevron", "aria-hidden": "true" }, icon("right"));
  const head = h("div", { class: "op-head" }, h("h3", null, button), sub);
  const row = h("div", { class: "op-row" }, head, track, took, more);
  const panel = panelOf({ class: "op-panel", id: panelId, hidden: true });
  return { row, panel, button, status, title, word, sub, took, track };
}

function fill(panel, { item, context }) {
  panel.show(item.phase, item.course, context.operation, context.record);
}

/** What a row looks like depends on nothing else. */
function signature({ phase, course, carried }) {
  return `${course?.version ?? 0} ${carried} ${JSON.stringify(phase)}`;
}

function describe(node, parts, item) {
  const { phase } = item;
  const { icon: name, tone } = STATUS[phase.status] ?? STATUS.pending;
  set(node, { "data-status": phase.status });
  node.classList.toggle("op-branch", Boolean(phase.parent));
  set(parts.status, { class: `op-status tone-${tone}` });
  replace(parts.status, icon(name));
  setText(parts.title, phaseTitle(phase));
  setText(parts.word, `, ${statusWord(phase.status)}`);
  replace(parts.sub, tags(item), note(item));
  const { started_at: from, finished_at: to } = phase;
  replace(parts.took, from ? elapsed(from, to) : null);
}

function tags({ phase, course, carried }) {
  const visits = course?.visits.length ?? 0;
  const dry = course?.spans.some((span) => span.dry);
  return [
    phase.safety && phase.safety !== "read" ? safety(phase.safety) : null,
    dry ? tag("only tried") : null,
    phase.attempt > 1 ? tag(`attempt ${phase.attempt}`) : null,
    visits > 1 ? tag(`visit ${visits}`) : null,
    carried ? tag("carried over") : null,
  ];
}

function tag(text) {
  return h("span", { class: "tag" }, text);
}

/** The one thing that is worth saying without being asked. */
function note({ phase, course }) {
  const text = asking(phase, course) ?? NOTES[phase.status]?.(phase) ?? outcome(phase);
  return text ? h("span", { class: "op-note-line" }, text) : null;
}

/** That nobody knows yet what became of an attempt, and the driver looks. */
function asking({ status }, course) {
  const last = course?.spans.at(-1);
  const looks = status === "running" && last?.kind === "recover" && last.to === null;
  return looks ? `finding out what became of attempt ${last.attempt}` : null;
}

const NOTES = {
  running: ({ message, action }) => message ?? action ?? null,
  waiting: waits,
  fail: ({ failure }) => failureText(failure) || null,
  refused: ({ failure }) => failureText(failure) || null,
  reconciliation_required: ({ failure }) => failureText(failure) || null,
};

function waits({ approval, until: end, failure }) {
  if (approval) {
    const given = approval.decisions.filter(({ decision }) => decision === "approve").length;
    return [`${given} of ${approval.quorum} approved by ${approval.role} · expires `, until(approval.expires_at)];
  }
  const again = failure ? "tried again " : "";
  return end ? [again, until(end)] : null;
}

function outcome({ status, outcome: came, action }) {
  return came && came !== status ? came.replaceAll("_", " ") : (action ?? null);
}
