/**
 * The evidence bundle: to take along, and what verifying it comes to.
 */

import { get, operationPath } from "../../lib/api.js";
import { copyButton, digest, notice, problemNotice, spinner } from "../../lib/components.js";
import { h, replace } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { when } from "../../lib/time.js";
import { spoken } from "../../lib/words.js";
import { facts } from "./facts.js";

const MOST = 10; // findings of one check that are shown

const MEANING = {
  envelope: "The file has the form of a signed envelope",
  signature: "The server signed exactly this",
  payload: "There is only one way of reading it",
  statement: "It says everything that a bundle says",
  subject: "It is about this operation",
  chain: "No event was changed, removed or put in",
  head: "No event was cut off at the end",
  plan: "The plan is the one that was accepted",
  transitions: "Played again, the plan allowed every event",
  snapshot: "The operation is as its events say",
  evidence: "Each phase's evidence is what its event says",
  artifacts: "Logs and answers have their digests",
  end: "It says rightly whether it was over",
};

/**
 * @param {AbortSignal} signal
 * @returns {HTMLElement} with `show(operation)`
 */
export function bundleOf(signal) {
  const place = h("div", { class: "stack", "aria-live": "polite" });
  const again = h("button", { type: "button" }, icon("shield"), "Verify again");
  const here = { operation: null, seq: null };
  const downloads = h("div", { class: "row" });
  const offline = h("div", { class: "stack" });
  const node = h(
    "div",
    { class: "stack" },
    card("op-bundle-title", "Evidence bundle", lead(), downloads, offline),
    card("op-verification-title", "Verification", h("div", { class: "row" }, again), place),
  );
  again.addEventListener("click", () => look());

  async function look() {
    const { id, seq } = here.operation;
    here.seq = seq;
    again.disabled = true;
    replace(place, spinner("Playing every event again"));
    try {
      const path = operationPath(id, "evidence", "verification");
      replace(place, report(await get(path, { query: { artifacts: true }, signal }), seq));
    } catch (problem) {
      if (problem.name !== "AbortError") replace(place, problemNotice(problem));
    } finally {
      again.disabled = false;
    }
  }

  function show(operation) {
    const first = here.operation === null;
    here.operation = operation;
    if (!first) return late(place, operation.seq, here.seq);
    replace(downloads, links(operation));
    replace(offline, commands(operation));
    return look();
  }

  return Object.assign(node, { show });
}

function card(id, title, ...children) {
  return h("section", { class: "card stack", "aria-labelledby": id }, h("h2", { id }, title), children);
}

function lead() {
  return h(
    "p",
    { class: "op-lead" },
    "One file that says what happened: the request, the plan, every event in order, what each phase proved, who approved what. ",
    "Whoever has it can verify it without this server, now or in ten years.",
  );
}

function links({ id }) {
  const path = operationPath(id, "evidence");
  const file = (href, name, text, kind) =>
    h("a", { class: `button ${kind}`, href, download: name }, icon("download"), text);
  return [
    file(`${path}?artifacts=true`, `${id}.evidence.zip`, "Download with logs (zip)", "primary"),
    file(path, `${id}.evidence.json`, "Download without logs (JSON)", ""),
    h("a", { class: "button", href: "/v1/evidence-key", target: "_blank", rel: "noopener" }, icon("lock"), "Public key"),
  ];
}

function commands({ id }) {
  const line = `laneway evidence verify ${id}.evidence.zip --key PUBLIC-KEY`;
  return h(
    "div",
    { class: "op-command" },
    h("p", { class: "small quiet" }, "Verify it yourself, offline:"),
    h("div", { class: "row" }, h("code", null, line), copyButton(line, "Copy the command")),
  );
}

// --- what came of it ------------------------------------------------------------------------------

function report(found, seq) {
  const rows = found.checks.map((check) => row(check, found.keyid === null));
  return [
    verdict(found),
    found.about ? facts(about(found)) : null,
    h(
      "table",
      { class: "table op-checks", "data-seq": seq },
      h("caption", { class: "visually-hidden" }, "Checks of the evidence bundle"),
      h("thead", null, h("tr", null, ["Check", "Result", "What it says"].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", null, rows),
    ),
  ];
}

function verdict({ verified, consistent, summary }) {
  if (verified) return notice("good", "Verified", h("p", null, sentence(summary)));
  if (!consistent) return notice("bad", "Not verified: do not rely on it", h("p", null, sentence(summary)));
  return notice(
    "wait",
    "Consistent, and not signed",
    h("p", null, "The chain holds, and played again the plan allowed every event. But this server has no key, so nobody vouches for the whole. "),
    h("p", { class: "small" }, "Give it one: ", h("code", null, "laneway key create signing.key"), " and ", h("code", null, "laneway serve --evidence-key signing.key"), "."),
  );
}

/** The verdict's reason; the verdict itself stands above it. */
function sentence(summary) {
  const text = summary.replace(/^(not )?verified: /, "");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function about({ about: told, keyid }) {
  return [
    ["Events", told.events],
    ["Complete", told.complete ? "yes, the operation has ended" : "so far: a later bundle holds more"],
    ["Looked at", when(told.exported_at)],
    ["Key", keyid ? digest(keyid) : "none"],
  ];
}

const RESULTS = {
  ok: ["check", "holds", "good"],
  failed: ["close", "wrong", "bad"],
  skipped: ["skipped", "not looked at", "quiet"],
  unsigned: ["unknown", "not signed", "wait"],
};

function row({ name, result, message, found }, keyless) {
  // Without a key nothing is wrong with the signature: there is none.
  const came = name === "signature" && keyless ? "unsigned" : result;
  const [sign, word, tone] = RESULTS[came] ?? RESULTS.skipped;
  return h(
    "tr",
    { class: came === "failed" ? "op-differs" : null },
    h("th", { scope: "row" }, spoken(name), h("span", { class: "small quiet op-block" }, MEANING[name])),
    h("td", { class: "op-result" }, h("span", { class: `op-held tone-${tone}` }, icon(sign), word)),
    h("td", null, found.length ? findings(found) : message),
  );
}

function findings(found) {
  const more = found.length - MOST;
  return h(
    "ul",
    { class: "plain stack" },
    found.slice(0, MOST).map(finding),
    more > 0 ? h("li", { class: "quiet" }, `and ${more} more`) : null,
  );
}

function finding({ message, where, seq, phase }) {
  const event = [seq ? `event ${seq}` : null, phase].filter(Boolean).join(", ");
  return h("li", null, event ? h("strong", null, `${event}: `) : null, message, where ? h("code", { class: "op-block small" }, where) : null);
}

/** The operation has gone on since it was looked at. */
function late(place, seq, looked) {
  if (seq === looked || place.querySelector(".op-late") || !place.querySelector("table")) return;
  place.prepend(h("p", { class: "small quiet op-late" }, "The operation has gone on since: verify again."));
}
