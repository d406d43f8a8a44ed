/**
 * What was done in a phase, in order: its attempts, what drivers told, what people decided.
 */

import { person } from "../../lib/components.js";
import { h, patchList } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { duration, elapsed, when } from "../../lib/time.js";
import { spoken, statusWord } from "../../lib/words.js";
import { fact, facts } from "./facts.js";
import { slot } from "./slot.js";
import { failureText, looks, titled, told } from "./story.js";

const SHOWN = 12; // the newest of what an attempt's driver told; more on demand

/**
 * What was done in one visit of a phase.
 *
 * @returns {HTMLElement} with `show(visit, operation)`; a visit is one of course.js. It is hidden
 *   where nothing is to be told
 */
export function activityOf() {
  const node = h("ol", { class: "op-activity", hidden: true });
  const show = (visit, operation) => {
    const notes = visit?.notes.map((note) => ({ note, operation })) ?? [];
    const attempts = visit?.attempts.map((attempt) => ({ attempt, operation })) ?? [];
    patchList(node, [...notes, ...attempts], keyOf, created, (item, what) => item.show?.(what));
    node.hidden = !node.hasChildNodes();
  };
  return Object.assign(node, { show });
}

function keyOf({ note, attempt }) {
  return String((note ?? attempt).event.seq);
}

function created(item) {
  if (item.note) return noteItem(item);
  const made = attemptItem(item.attempt);
  made.show(item);
  return made;
}

function attemptItem({ event }) {
  const head = slot(headOf);
  const list = h("ol", { class: "op-notes" });
  const all = h("button", { type: "button", class: "op-earlier" });
  const node = h("li", null, head, parameters(event.data.parameters), all, list);
  const here = { whole: false, item: null };
  const show = (item) => {
    here.item = item;
    const { attempt, operation } = item;
    head.show(attempt.number, event, attempt.ended, attempt.failure);
    const some = here.whole ? attempt.notes : attempt.notes.slice(-SHOWN);
    patchList(list, some.map((note) => ({ note, operation })), keyOf, noteItem, () => {});
    all.hidden = some.length === attempt.notes.length;
    all.textContent = `Show ${attempt.notes.length - some.length} earlier`;
    list.hidden = !some.length;
  };
  all.addEventListener("click", () => {
    here.whole = true;
    show(here.item);
  });
  return Object.assign(node, { show });
}

function headOf(number, event, ended, failure) {
  // Why the last one failed stands above, as why the phase did.
  const told = failure && (ended?.how === "retry" || ended?.how === "unknown");
  return [
    h(
      "p",
      { class: "op-attempt" },
      h("strong", null, event.data.dry_run ? `Attempt ${number} (only tried)` : `Attempt ${number}`),
      endOf(ended),
      h("span", { class: "quiet" }, when(event.at)),
      h("span", { class: "quiet" }, elapsed(event.at, ended?.event.at ?? null)),
    ),
    told ? h("p", { class: "op-why" }, failureText(failure), next(ended)) : null,
  ];
}

function endOf(ended) {
  if (!ended) return h("span", { class: "op-held tone-active" }, icon("running"), "under way");
  const [words, tone, name] = ENDS[ended.how] ?? ENDS.other(ended.how);
  return h("span", { class: `op-held tone-${tone}` }, icon(name), words);
}

const ENDS = {
  pass: ["passed", "good", "check"],
  retry: ["failed, is tried again", "wait", "close"],
  unknown: ["outcome unknown", "alarm", "unknown"],
  other: (status) => [statusWord(status).toLowerCase(), status === "cancelled" ? "quiet" : "bad", "close"],
};

function next(ended) {
  if (ended.how !== "retry") return null;
  const pause = Date.parse(ended.event.data.retry_at) - Date.parse(ended.event.at);
  return h("span", { class: "quiet" }, ` · again after ${duration(pause)}`);
}

/** What the plan has given the action. */
function parameters(given) {
  const pairs = Object.entries(given ?? {});
  if (!pairs.length) return null;
  const shown = pairs.map(([name, value]) => [
    spoken(name),
    value !== null && typeof value === "object" ? h("code", null, JSON.stringify(value)) : fact(value),
  ]);
  return h("details", { class: "op-more" }, h("summary", null, "Parameters"), facts(shown));
}

function noteItem({ note: { event, kind }, operation }) {
  const [tone, name] = looks(event);
  const text = kind === "progress" ? event.data.message : below(told(event, operation), event, operation);
  const who = kind === "person" ? person(event.data.by ?? event.actor) : null;
  return h(
    "li",
    { class: `op-note tone-${tone}` },
    icon(kind === "progress" ? "right" : name),
    h("span", { class: "op-note-text" }, text),
    who ? h("span", { class: "visually-hidden" }, who) : null,
    h("span", { class: "small quiet" }, when(event.at)),
  );
}

/** The phase stands above already. */
function below(text, event, operation) {
  const title = `${titled(operation, event.phase)}: `;
  if (!text.startsWith(title)) return text;
  const rest = text.slice(title.length);
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}
