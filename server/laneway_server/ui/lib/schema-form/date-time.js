/** An instant, filled in in the reader's zone and sent in UTC. */

import { h, setText } from "../dom.js";

/**
 * @param {string|undefined} start an RFC 3339 time
 * @returns {{node: HTMLElement, input: HTMLInputElement, read: function(): string|undefined}}
 */
export function dateTimeControl(start, onchange) {
  const said = h("span", { class: "field-utc" });
  const input = h("input", { type: "datetime-local", step: "1" });
  input.value = start ? local(new Date(start)) : "";
  const read = () => (input.value ? new Date(input.value).toISOString() : undefined);
  const tell = () => setText(said, read() ? `= ${read()}` : "In your time zone.");
  input.addEventListener("input", () => {
    tell();
    onchange();
  });
  tell();
  return { node: h("div", { class: "field-instant" }, input, said), input, read };
}

function local(moment) {
  if (Number.isNaN(moment.getTime())) return "";
  const shifted = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 19);
}
