/**
 * What things are called: statuses, phases, safety; and sentences about operations.
 */

import { duration, now, untilText } from "./time.js";

/** Statuses of operations and phases: the word, the icon, and the tone of its colour. */
export const STATUS = {
  pending: { word: "Pending", icon: "pending", tone: "quiet" },
  running: { word: "Running", icon: "running", tone: "active" },
  waiting: { word: "Waiting", icon: "waiting", tone: "wait" },
  paused: { word: "Paused", icon: "paused", tone: "wait" },
  reconciliation_required: { word: "Outcome unknown", icon: "unknown", tone: "alarm" },
  pass: { word: "Passed", icon: "pass", tone: "good" },
  fail: { word: "Failed", icon: "fail", tone: "bad" },
  refused: { word: "Refused", icon: "refused", tone: "bad" },
  skipped: { word: "Skipped", icon: "skipped", tone: "quiet" },
  cancelled: { word: "Cancelled", icon: "cancelled", tone: "quiet" },
};

/** What an action does to the world. */
export const SAFETY = {
  read: { word: "Reads", icon: "eye", tone: "quiet", said: "It changes nothing." },
  safe_write: {
    word: "Safe write", icon: "pencil", tone: "active", said: "Doing it twice does no harm.",
  },
  mutation: {
    word: "Changes", icon: "pencil", tone: "wait", said: "It changes the real system.",
  },
  destructive: {
    word: "Destructive", icon: "flame", tone: "bad", said: "It destroys what is there before.",
  },
};

/** What is at the end of an operation. */
export const TERMINAL = new Set(["pass", "fail", "refused", "cancelled"]);

const VERBS = [
  [/bootstrap/, "Bootstrapping"],
  [/promot/, "Promoting to"],
  [/roll-?back/, "Rolling back"],
  [/deploy/, "Deploying to"],
  [/maint(enance|ain)/, "Maintaining"],
  [/verif/, "Verifying"],
  [/smoke/, "Smoke-testing"],
  [/restor/, "Restoring"],
  [/backup|back-up/, "Backing up"],
  [/migrat/, "Migrating"],
];

/**
 * A whole number as the page's language writes it: 1,000. What the browser has for that takes as long
 * to load, when it is first asked, as all of a view to draw.
 */
export function figure(count) {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** A status as a word; one that the page does not know as it is written. */
export function statusWord(status) {
  return STATUS[status]?.word ?? String(status);
}

/** "release_manager" and "target_proof" as words: "Target proof". */
export function spoken(name) {
  const words = String(name).replaceAll(/[_-]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A lane in full: "odoo/cm/testing". */
export function laneText({ product, context, instance }) {
  return `${product}/${context}/${instance}`;
}

/** A lane as people call it where the product is clear: "cm/testing". */
export function laneShort({ context, instance }) {
  return `${context}/${instance}`;
}

/** What an operation does, with its lane: "Bootstrapping cm/testing". */
export function doing(operation) {
  const { name, title } = operation.plan;
  const lane = laneShort(operation.lane);
  const tried = operation.dry_run ? "Dry run: " : "";
  const [, verb] = VERBS.find(([pattern]) => pattern.test(name)) ?? [];
  if (!verb) return `${tried}${title || spoken(name)} on ${lane}`;
  return `${tried}${tried ? verb.toLowerCase() : verb} ${lane}`;
}

/**
 * An operation in one sentence, such as "Bootstrapping cm/testing: waiting for release-manager, 1
 * of 2 approved, expires in 3 h".
 *
 * @param {Object} operation whole, or as lists show it (then with less)
 * @returns {string} right at this moment: times in it pass
 */
export function headline(operation) {
  return `${doing(operation)}: ${standing(operation)}`;
}

/** How an operation is, as the second half of its headline. */
export function standing(operation) {
  const tell = TELLING[operation.status];
  return tell ? tell(operation) : statusWord(operation.status).toLowerCase();
}

const TELLING = {
  pending: pendingText,
  running: runningText,
  waiting: (operation) => waitingText(operation),
  paused: (operation) => {
    const next = phaseOf(operation, operation.phase);
    return next ? `paused before “${phaseTitle(next)}”` : "paused";
  },
  reconciliation_required: unknownText,
  pass: (operation) => `passed${took(operation)}`,
  fail: (operation) => `failed${took(operation)}${because(operation)}`,
  refused: (operation) => `refused${because(operation)}`,
  cancelled: (operation) => `cancelled${took(operation)}${because(operation)}`,
};

function pendingText({ waiting_for: waiting }) {
  if (!waiting) return "accepted";
  const place = waiting.position > 1 ? `, place ${waiting.position} in the queue` : "";
  return `waiting for the lane${place}`;
}

function runningText(operation) {
  const stopping = operation.cancel_requested ? ", being cancelled" : "";
  const pausing = operation.pause_requested ? ", pausing after this phase" : "";
  const phase = phaseOf(operation, operation.phase);
  if (!phase) return `running${stopping}${pausing}`;
  const attempt = phase.attempt > 1 ? `, attempt ${phase.attempt}` : "";
  return `${lower(phaseTitle(phase))}${attempt}${stopping}${pausing}`;
}

/** What an operation waits for: "waiting for release-manager, 1 of 2 approved, expires in 3 h". */
export function waitingText(operation) {
  const waiting = operation.waiting_for;
  if (!waiting) return statusWord(operation.status).toLowerCase();
  const left = waiting.until ? untilText(waiting.until) : "";
  if (waiting.kind === "lane") return pendingText(operation);
  if (waiting.kind === "wait") return `waiting until it is time${left ? `, ${left}` : ""}`;
  if (waiting.kind === "retry") return `trying again${left ? ` ${left}` : ""}`;
  const approval = phaseOf(operation, waiting.phase)?.approval;
  const expires = left ? `, expires ${left}` : "";
  return approval ? `${approvalText(approval)}${expires}` : `waiting for approval${expires}`;
}

function approvalText(approval) {
  const given = approval.decisions.filter((each) => each.decision === "approve").length;
  return `waiting for ${approval.role}, ${given} of ${approval.quorum} approved`;
}

function unknownText(operation) {
  const unknown = (operation.phases ?? []).filter(
    (phase) => phase.status === "reconciliation_required",
  );
  const names = unknown.map((phase) => `“${phaseTitle(phase)}”`).join(" and ");
  return `nobody knows what became of ${names || "an action"}; a person must say`;
}

function took({ started_at: started, created_at: created, finished_at: finished }) {
  const from = started ?? created;
  return finished && from ? ` after ${duration(Date.parse(finished) - Date.parse(from))}` : "";
}

function because(operation) {
  const failure = operation.failure;
  if (!failure) return "";
  return `: ${failure.message || spoken(failure.code).toLowerCase()}`;
}

/** The phase of that name, or undefined. */
export function phaseOf(operation, name) {
  return (operation.phases ?? []).find((phase) => phase.name === name);
}

/** A phase's title, or its name as words. */
export function phaseTitle(phase) {
  return phase.title || spoken(phase.name);
}

/** How long an operation has taken so far, or took, in milliseconds. */
export function tookMs({ started_at: started, created_at: created, finished_at: finished }) {
  return (finished ? Date.parse(finished) : now()) - Date.parse(started ?? created);
}

function lower(text) {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
