/**
 * Who did what, and why: everything that a caller said, from the submission to the last decision.
 */

import { person } from "../../lib/components.js";
import { h, patchList } from "../../lib/dom.js";
import { when } from "../../lib/time.js";
import { titled } from "./story.js";

/** @returns {HTMLElement} with `show(operation, course)` */
export function peopleOf() {
  const list = h("ol", { class: "op-people" });
  const node = h(
    "section",
    { class: "card", "aria-labelledby": "op-people-title" },
    h("h2", { id: "op-people-title" }, "Who did what, and why"),
    list,
  );
  const show = (operation, course) => {
    const items = course.people.map((event) => ({ event, operation }));
    patchList(list, items, ({ event }) => String(event.seq), deed, () => {});
  };
  return Object.assign(node, { show });
}

function deed({ event, operation }) {
  const { what, why } = said(event, operation);
  return h(
    "li",
    null,
    h("p", null, person(event.data.by ?? event.actor), " ", what),
    why ? h("blockquote", null, why) : h("p", { class: "small quiet" }, "No reason was given."),
    h("p", { class: "small quiet" }, when(event.at), rules(event)),
  );
}

/** The rules of the access file that allowed it. */
function rules({ actor, data }) {
  const names = data.authorization?.rules ?? actor.claims?.rules ?? [];
  const list = Array.isArray(names) ? names : [names];
  return list.length ? ` · allowed by ${list.join(", ")}` : null;
}

function said(event, operation) {
  const tell = DEEDS[event.type];
  return tell ? tell(event.data, titled(operation, event.phase)) : { what: event.type, why: "" };
}

const DEEDS = {
  operation_accepted: (data) => ({ what: data.dry_run ? "asked for a dry run" : verb(data), why: data.reason }),
  approval_decided: (data, title) => ({
    what: `${data.decision === "approve" ? "approved" : "rejected"} “${title}”`,
    why: data.comment,
  }),
  approval_revoked: (data, title) => ({ what: `took back the approval of “${title}”`, why: data.reason }),
  phase_reconciled: (data, title) => ({
    what: `said that “${title}” is to count as ${data.outcome}`,
    why: data.note,
  }),
  pause_requested: (data) => ({ what: "asked for a pause", why: data.reason }),
  operation_resumed: (data) => ({ what: "resumed it", why: data.reason }),
  cancel_requested: (data) => ({ what: "asked to cancel it", why: data.reason }),
};

function verb(data) {
  return data.retry_of ? "asked for a retry" : "submitted it";
}
