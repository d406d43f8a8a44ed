/** Which plan on which lane. */

import { get, lanePath } from "../../lib/api.js";
import { h } from "../../lib/dom.js";
import { newId } from "../../lib/schema-form/frame.js";
import { laneText } from "../../lib/words.js";

const NAMES = ["product", "context", "instance"];
const OTHER = "another";

/**
 * @param {{plans: Object[], lanes: Object[], query: URLSearchParams}} page
 * @param {function(): void} onchange
 * @returns {{node: HTMLElement, read: function(): {plan: string|null, lane: Object|null}}}
 */
export function chooser({ plans, lanes, query }, onchange) {
  const plan = planSelect(plans, query.get("plan"), onchange);
  const lane = laneChoice(lanes, laneIn(query), onchange);
  const node = h(
    "section",
    { class: "submit-choice card", "aria-label": "Plan and lane" },
    field("Plan", plan),
    lane.node,
  );
  return { node, read: () => ({ plan: plan.value || null, lane: lane.read() }) };
}

/** A lane as it is now; null where the caller may not read it. */
export function laneOf(lane, signal) {
  return get(lanePath(lane), { signal }).catch((error) => {
    if (error.name === "AbortError") throw error;
    return null;
  });
}

function field(label, control) {
  control.id = newId("choice");
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control);
}

function planSelect(plans, chosen, onchange) {
  const known = plans.some(({ name }) => name === chosen);
  return h(
    "select",
    { onchange },
    known ? null : h("option", { value: "" }, "Choose a plan…"),
    plans.map(({ name, title }) =>
      h("option", { value: name, selected: name === chosen }, title ? `${title} (${name})` : name),
    ),
  );
}

function laneIn(query) {
  const lane = Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? ""]));
  return NAMES.every((name) => lane[name]) ? lane : null;
}

function laneChoice(lanes, chosen, onchange) {
  const known = lanes.find((lane) => chosen && laneText(lane) === laneText(chosen));
  const others = otherLane(known ? null : chosen, onchange);
  const select = h(
    "select",
    { onchange: () => (others.show(select.value === OTHER), onchange()) },
    known || !lanes.length ? null : h("option", { value: "" }, "Choose a lane…"),
    lanes.map((lane) => h("option", { value: laneText(lane), selected: lane === known }, laneText(lane))),
    h("option", { value: OTHER, selected: !known && (Boolean(chosen) || !lanes.length) }, "Another lane…"),
  );
  others.show(select.value === OTHER);
  const read = () => {
    if (select.value === OTHER) return others.read();
    return lanes.find((lane) => laneText(lane) === select.value) ?? null;
  };
  return { node: h("div", { class: "stack" }, field("Lane", select), others.node), read };
}

/** A lane that is not in the list: whoever may submit need not be able to read. */
function otherLane(chosen, onchange) {
  const inputs = NAMES.map((name) => h("input", { type: "text", value: chosen?.[name] ?? "", autocomplete: "off", spellcheck: "false", onchange }));
  const words = ["Product", "Context", "Instance"];
  const node = h("div", { class: "submit-lane" }, inputs.map((input, index) => field(words[index], input)));
  const read = () => {
    const values = inputs.map((input) => input.value.trim());
    return values.every(Boolean) ? Object.fromEntries(NAMES.map((name, index) => [name, values[index]])) : null;
  };
  return { node, read, show: (shown) => (node.hidden = !shown) };
}
