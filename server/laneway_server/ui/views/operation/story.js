/**
 * Events in words: one sentence each, as the command line says them.
 */

import { duration, localText } from "../../lib/time.js";
import { phaseOf, phaseTitle, spoken, statusWord } from "../../lib/words.js";

/**
 * What an event says.
 *
 * @param {Object} event
 * @param {Object|null} operation whose event it is: it knows what phases are called
 * @returns {string} plain text
 */
export function told(event, operation) {
  const tell = TELLERS[event.type];
  return tell ? tell(event, (name) => titled(operation, name)) : spoken(event.type);
}

/** The tone (see words.js) and the icon of an event. */
export function looks(event) {
  const status = event.type === "phase_finished" || event.type === "operation_finished";
  if (status) return STATUS_LOOKS[event.data.status] ?? ["quiet", "pending"];
  if (event.actor.kind === "caller") return ["person", "person"];
  return LOOKS[event.type] ?? ["quiet", "pending"];
}

/** A phase's title after that of the phase that it is a branch of. */
export function titled(operation, name) {
  const phase = name && operation ? phaseOf(operation, name) : null;
  if (!phase) return name === undefined || name === null ? "" : spoken(name);
  const parent = phase.parent ? `${titled(operation, phase.parent)}: ` : "";
  return parent + phaseTitle(phase);
}

/** A failure in one line. */
export function failureText(failure) {
  if (!failure) return "";
  return failure.message ? `${failure.message} (${failure.code})` : failure.code;
}

const STATUS_LOOKS = {
  pass: ["good", "pass"],
  fail: ["bad", "fail"],
  refused: ["bad", "refused"],
  skipped: ["quiet", "skipped"],
  cancelled: ["quiet", "cancelled"],
};

const LOOKS = {
  operation_started: ["active", "play"],
  phase_started: ["active", "play"],
  phase_progressed: ["active", "running"],
  phase_retry_scheduled: ["wait", "waiting"],
  phase_recovering: ["wait", "search"],
  phase_outcome_unknown: ["alarm", "unknown"],
  approval_requested: ["wait", "person"],
  wait_started: ["wait", "waiting"],
  operation_paused: ["wait", "paused"],
  transition_taken: ["quiet", "right"],
  deadline_passed: ["alarm", "unknown"],
  authorization_checked: ["quiet", "shield"],
};

function because(failure) {
  const text = failureText(failure);
  return text ? `: ${text}` : "";
}

function quoted(text) {
  return text ? `: “${text}”` : "";
}

function by(event) {
  const who = event.data.by ?? event.actor;
  return who?.subject ? ` by ${who.subject}` : "";
}

function attempt(event) {
  return event.attempt > 1 ? `, attempt ${event.attempt}` : "";
}

function moved(event, title) {
  const { source, target, on } = event.data;
  const from = source.startsWith("@") ? "the beginning" : title(source);
  const to = target.startsWith("@") ? spoken(target.slice(1)) : title(target);
  return `From ${from} to ${to}, on ${on.replace(/^outcome:/, "")}`;
}

const TELLERS = {
  operation_accepted: ({ data }) =>
    `Accepted from ${data.requested_by.subject}${data.dry_run ? " as a dry run" : ""}${quoted(data.reason)}`,
  operation_started: ({ data }) => `Has its lane; must end by ${localText(data.deadline_at)}`,
  transition_taken: moved,
  authorization_checked: ({ phase, data }, title) =>
    data.ruling?.allowed === false
      ? `${title(phase)} is not allowed any more${quoted(data.ruling.reason)}`
      : `The policy still allows ${title(phase)}`,
  phase_started: (event, title) =>
    `${title(event.phase)} ${event.data.dry_run ? "is only tried" : "begins"}${attempt(event)}`,
  phase_progressed: ({ phase, data }, title) => `${title(phase)}: ${data.message}`,
  phase_retry_scheduled: (event, title) => {
    const pause = Date.parse(event.data.retry_at) - Date.parse(event.at);
    const again = `, again in ${duration(pause)}`;
    return `${title(event.phase)}: attempt ${event.attempt} failed${again}${because(event.data.failure)}`;
  },
  phase_held: ({ phase, data }, title) => `${title(phase)} is held back: ${data.reason}`,
  phase_resumed: ({ phase, data }, title) => `${title(phase)} goes on: ${data.reason}`,
  phase_recovering: (event, title) =>
    `${title(event.phase)}: finding out what became of attempt ${event.attempt} (${event.data.reason})${because(event.data.failure)}`,
  phase_outcome_unknown: ({ phase, data }, title) =>
    `${title(phase)}: nobody can tell what became of it${because(data.failure)}`,
  phase_reconciled: (event, title) =>
    `${title(event.phase)} reconciled as ${event.data.outcome}${by(event)}${quoted(event.data.note)}`,
  approval_requested: ({ phase, data }, title) =>
    `${title(phase)} needs ${data.quorum > 1 ? `${data.quorum} × ` : ""}${data.role} until ${localText(data.expires_at)}`,
  approval_decided: (event, title) =>
    `${title(event.phase)} ${event.data.decision === "approve" ? "approved" : "rejected"}${by(event)}${quoted(event.data.comment)}`,
  approval_revoked: (event, title) =>
    `The approval of ${title(event.phase)} is taken back${by(event)}${quoted(event.data.reason)}`,
  wait_started: ({ phase, data }, title) => `${title(phase)}: waits until ${localText(data.until)}`,
  parallel_started: ({ phase, data }, title) =>
    `${title(phase)} begins: ${data.branches.length} branches side by side`,
  phase_finished: ({ phase, data }, title) => {
    const outcome = data.outcome === data.status ? "" : ` (${data.outcome})`;
    return `${title(phase)} ${statusWord(data.status).toLowerCase()}${outcome}${because(data.failure)}`;
  },
  pause_requested: (event) => `A pause is asked for${by(event)}${quoted(event.data.reason)}`,
  operation_paused: ({ data }, title) => `Paused before ${title(data.next_phase)}`,
  operation_resumed: (event) => `Resumed${by(event)}`,
  cancel_requested: (event) => `A cancel is asked for${by(event)}${quoted(event.data.reason)}`,
  deadline_passed: () => "The deadline has passed",
  operation_finished: ({ data }) =>
    `The operation ${statusWord(data.status).toLowerCase()}${because(data.failure)}`,
};
