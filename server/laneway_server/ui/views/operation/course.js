/**
 * The course of an operation: a fold over its events to what happened when, phase by phase.
 *
 * A span is a stretch of time in which one thing was so: `{kind, from, to, attempt, status, dry}`,
 * times in milliseconds since 1970, `to` null while it lasts. Kinds: `work` (an attempt), `recover`
 * (finding out what became of one), `retry` (until the next), `approval`, `wait`, `group` (a
 * parallel phase), `unknown` (a person must say), `queue` and `paused` (of the operation).
 */

/** Kinds in which nothing is done to the world: a person, the clock or another operation is on. */
export const IDLE = new Set(["retry", "approval", "wait", "unknown", "queue", "paused"]);

const QUEUED = 200; // ms; a lane that was free was not waited for

/** What is known of one phase. */
class PhaseCourse {
  constructor(name, seq) {
    this.name = name;
    this.first = seq;
    this.spans = [];
    this.visits = [];
    this.version = 0;
  }

  /** The visit that is under way, or a new one. */
  visit() {
    const last = this.visits.at(-1);
    if (last && !last.finished) return last;
    const visit = { attempts: [], notes: [], finished: null };
    this.visits.push(visit);
    return visit;
  }

  /** The attempt that is under way. */
  attempt(number) {
    return this.visits.at(-1)?.attempts.findLast((each) => each.number === number) ?? null;
  }

  note(event, kind) {
    const visit = this.visit();
    const attempt = visit.attempts.at(-1);
    (attempt ?? visit).notes.push({ event, kind });
  }
}

/** See the module. */
export class Course {
  constructor() {
    this.created = null;
    this.finished = null;
    this.accepted = null;
    this.target = {};
    this.phases = new Map();
    this.queue = [];
    this.paused = [];
    this.marks = [];
    this.people = [];
    this.last = null;
  }

  /** Take the next event. */
  add(event) {
    const at = Date.parse(event.at);
    this.last = at;
    if (event.actor.kind === "caller") this.people.push(event);
    if (event.phase) this._phase(event.phase, event.seq).version = event.seq;
    FOLDS[event.type]?.(this, event, at);
  }

  /** The phase of that name, or undefined where nothing has happened in it. */
  phase(name) {
    return this.phases.get(name);
  }

  /** Every span there is, those of the operation first. */
  spans() {
    const found = [...this.queue, ...this.paused];
    for (const phase of this.phases.values()) found.push(...phase.spans);
    return found;
  }

  /** Whether something is still going on. */
  get moving() {
    return this.finished === null;
  }

  _phase(name, seq) {
    if (!this.phases.has(name)) this.phases.set(name, new PhaseCourse(name, seq));
    return this.phases.get(name);
  }
}

function close(spans, at, status = null) {
  const last = spans.at(-1);
  if (!last || last.to !== null) return null;
  last.to = at;
  last.status ??= status;
  return last;
}

function open(spans, kind, at, more = {}) {
  spans.push({ kind, from: at, to: null, attempt: null, status: null, dry: false, ...more });
}

function begin(course, event, kind, at, more) {
  const phase = course.phases.get(event.phase);
  phase.visit();
  close(phase.spans, at);
  open(phase.spans, kind, at, more);
  return phase;
}

const FOLDS = {
  operation_accepted(course, event, at) {
    course.created = at;
    course.accepted = event;
    open(course.queue, "queue", at);
  },
  operation_started(course, event, at) {
    course.target = event.data.target ?? {};
    close(course.queue, at, "pass");
    if (at - course.created < QUEUED) course.queue = [];
  },
  phase_started(course, event, at) {
    const { attempt: number, data } = event;
    const phase = begin(course, event, "work", at, { attempt: number, dry: data.dry_run === true });
    phase.visit().attempts.push({ number, event, notes: [], failure: null, ended: null });
  },
  phase_progressed(course, event) {
    course.phases.get(event.phase).note(event, "progress");
  },
  phase_retry_scheduled(course, event, at) {
    const phase = course.phases.get(event.phase);
    close(phase.spans, at, "fail");
    open(phase.spans, "retry", at, { attempt: event.attempt, until: event.data.retry_at });
    ended(phase, event, "retry");
  },
  phase_held(course, event) {
    course.phases.get(event.phase).note(event, "note");
  },
  phase_resumed(course, event, at) {
    begin(course, event, "work", at, { attempt: event.attempt });
    course.phases.get(event.phase).note(event, "note");
  },
  phase_recovering(course, event, at) {
    begin(course, event, "recover", at, { attempt: event.attempt });
    course.phases.get(event.phase).note(event, "note");
  },
  phase_outcome_unknown(course, event, at) {
    begin(course, event, "unknown", at, { attempt: event.attempt });
    ended(course.phases.get(event.phase), event, "unknown");
  },
  phase_reconciled(course, event, at) {
    const phase = course.phases.get(event.phase);
    close(phase.spans, at, event.data.outcome);
    phase.note(event, "person");
  },
  authorization_checked(course, event) {
    course.phases.get(event.phase).note(event, "note");
  },
  approval_requested(course, event, at) {
    begin(course, event, "approval", at);
  },
  approval_decided(course, event) {
    course.phases.get(event.phase).note(event, "person");
  },
  approval_revoked(course, event) {
    course.phases.get(event.phase).note(event, "person");
  },
  wait_started(course, event, at) {
    begin(course, event, "wait", at, { until: event.data.until });
  },
  parallel_started(course, event, at) {
    begin(course, event, "group", at);
  },
  phase_finished(course, event, at) {
    const phase = course.phases.get(event.phase);
    close(phase.spans, at, event.data.status);
    ended(phase, event, event.data.status);
    phase.visit().finished = event;
  },
  operation_paused(course, event, at) {
    open(course.paused, "paused", at);
  },
  operation_resumed(course, event, at) {
    close(course.paused, at);
  },
  cancel_requested(course, event, at) {
    course.marks.push({ at, text: "Cancel asked for" });
  },
  deadline_passed(course, event, at) {
    course.marks.push({ at, text: "Deadline passed" });
  },
  operation_finished(course, event, at) {
    course.finished = at;
    close(course.queue, at, event.data.status);
    close(course.paused, at, event.data.status);
    for (const phase of course.phases.values()) close(phase.spans, at, event.data.status);
  },
};

/** Note how the phase's attempt ended. */
function ended(phase, event, how) {
  const attempt = phase.attempt(event.attempt);
  if (!attempt) return;
  attempt.ended = { event, how };
  attempt.failure = event.data.failure ?? null;
}
