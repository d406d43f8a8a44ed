/** The dry run of what a form says: how it goes, and whether it was of what the form says now. */

import { canonical } from "../../actions/digest.js";
import { sentence } from "../../actions/advice.js";
import { badge, operationLink } from "../../lib/components.js";
import { h, replace } from "../../lib/dom.js";
import { liveOperation } from "../../lib/stream.js";
import { TERMINAL, phaseTitle, statusWord } from "../../lib/words.js";

/**
 * @param {Object} form
 * @param {function(): void} onchange called when there is news of it
 * @returns {{node, begin: function(Object): Promise<void>, current: function(): Object|null,
 *   stale: function(): boolean}} `current`: the dry run of what the form says now
 */
export function dryRunOf(form, onchange) {
  const node = h("div", { class: "submit-dry-run", "aria-live": "polite" });
  const run = { of: null, operation: null, stop: () => {} };
  const isCurrent = () => run.operation !== null && run.of === sameness(form.document());
  return {
    node,
    begin: async (document) => {
      const operation = await form.send.dry(document);
      run.stop();
      Object.assign(run, { of: sameness(document), operation });
      const news = (now) => {
        run.operation = now;
        replace(node, shown(now));
        onchange();
      };
      news(operation);
      run.stop = liveOperation(operation.id, news, { signal: form.signal });
    },
    current: () => (isCurrent() ? run.operation : null),
    stale: () => run.operation !== null && !isCurrent(),
  };
}

/** A dry run is of the same thing where plan, lane and request are. */
function sameness({ plan, lane, request }) {
  return canonical({ plan, lane, request });
}

function shown(operation) {
  const over = TERMINAL.has(operation.status);
  return h(
    "section",
    { class: "submit-dry card", "aria-label": "Dry run" },
    h("header", { class: "row" }, h("h3", null, "Dry run"), badge(operation.status), operationLink(operation)),
    h("p", null, over ? verdict(operation) : "It asks everything once, and changes nothing."),
    h("ul", { class: "submit-phases plain" }, operation.phases.filter(({ status }) => status !== "pending").map(row)),
    h("p", null, h("a", { href: `/operations/${encodeURIComponent(operation.id)}`, target: "_blank", rel: "noopener" }, "Look at the dry run in a new tab")),
  );
}

/**
 * Whether the dry run found nothing that would stop the operation before it changes something: what
 * comes after that looks at the lane as it is now, and need not pass on one that is to be made.
 */
export function couldBegin({ status, phases }) {
  if (status === "pass") return true;
  const failed = phases.findIndex((phase) => !["pass", "skipped", "pending"].includes(phase.status));
  const tried = ({ safety, status: how }) => safety && safety !== "read" && (how === "pass" || how === "skipped");
  return status === "fail" && phases.slice(0, Math.max(failed, 0)).some(tried);
}

function verdict(operation) {
  const { status, failure } = operation;
  if (status === "pass") return "All that could be tried without changing anything passed.";
  const why = failure?.message ? ` ${sentence(failure.message)}` : "";
  if (couldBegin(operation)) {
    return `All that comes before the changes passed. What comes after them was asked of the lane as it is now, and did not pass, as is usual where nothing is there yet.${why}`;
  }
  return `${statusWord(status)}.${why} What you submit now would come to the same.`;
}

function row(phase) {
  const sends = phase.evidence?.would_send;
  const count = Array.isArray(sends) ? sends.length : sends ? 1 : 0;
  const told = phase.failure?.message ?? (count ? `would send ${count} ${count === 1 ? "call" : "calls"}` : phase.message);
  return h(
    "li",
    { class: phase.parent ? "submit-branch" : null },
    badge(phase.status),
    h("span", null, phaseTitle(phase)),
    told ? h("span", { class: "quiet small" }, told) : null,
  );
}
