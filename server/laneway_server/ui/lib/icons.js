/**
 * Small drawings, 16 by 16, in the colour of the text around them. They are never alone: a word
 * stands beside each, so screen readers pass them over.
 */

import { svg } from "./dom.js";

const DRAWN = {
  pending: ["M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11", "M8 8h.01"],
  running: ["M13.5 8A5.5 5.5 0 1 1 8 2.5"],
  waiting: ["M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11", "M8 5v3.2l2 1.3"],
  paused: ["M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11", "M6.6 6v4M9.4 6v4"],
  unknown: ["M8 1.8 14.4 13H1.6Z", "M8 6v3M8 11h.01"],
  pass: ["M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11", "m5.6 8.2 1.7 1.7 3.2-3.6"],
  fail: ["M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11", "m6.2 6.2 3.6 3.6M9.8 6.2 6.2 9.8"],
  refused: ["M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11", "M4.4 4.4l7.2 7.2"],
  skipped: ["M3 4.5 6.5 8 3 11.5M8 4.5 11.5 8 8 11.5M13.5 4.5v7"],
  cancelled: ["M5.7 2.5h4.6l3.2 3.2v4.6l-3.2 3.2H5.7l-3.2-3.2V5.7Z", "M5.5 8h5"],
  eye: ["M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8Z", "M8 6.4a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 1 0 0-3.2"],
  pencil: ["m3 13 .7-3L10.4 3.3l2.3 2.3L6 12.3Z"],
  flame: ["M8 1.8c.4 2.6 3.8 4.2 3.8 7.5a3.8 3.8 0 0 1-7.6 0c0-1.6.9-2.5 1.5-3.4.3 1 .8 1.5 1.3 1.7C6.8 5.8 7 3.5 8 1.8Z"],
  snow: ["M8 1.5v13M2.4 4.8l11.2 6.4M13.6 4.8 2.4 11.2", "M6.3 2.8 8 4.5l1.7-1.7M6.3 13.2 8 11.5l1.7 1.7"],
  queue: ["M2.5 4h11M2.5 8h11M2.5 12h7"],
  copy: ["M5.5 5.5h7v7h-7Z", "M3.5 10.5v-7h7"],
  check: ["m3 8.5 3.2 3.2L13 4.8"],
  search: ["M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9", "m10.4 10.4 3.3 3.3"],
  close: ["m4 4 8 8M12 4l-8 8"],
  right: ["m6 3.5 4.5 4.5L6 12.5"],
  down: ["m3.5 6 4.5 4.5L12.5 6"],
  sun: ["M8 5a3 3 0 1 0 0 6a3 3 0 1 0 0-6", "M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M13 3l-1.1 1.1M4.1 11.9 3 13"],
  moon: ["M13 9.7A5.5 5.5 0 1 1 6.3 3a4.5 4.5 0 0 0 6.7 6.7Z"],
  auto: ["M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11", "M8 2.5v11"],
  download: ["M8 2v8M4.8 7.2 8 10.4l3.2-3.2M2.5 13.5h11"],
  link: ["M6.5 9.5l3-3M7 4.5l1.2-1.2a2.6 2.6 0 0 1 3.6 3.6L10.6 8M9 11.5l-1.2 1.2a2.6 2.6 0 0 1-3.6-3.6L5.4 8"],
  person: ["M8 2.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5", "M3 13.5c.4-2.6 2.3-4 5-4s4.6 1.4 5 4"],
  robot: ["M3.5 5.5h9v7h-9Z", "M8 5.5v-3M6 8.5v1M10 8.5v1"],
  info: ["M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11", "M8 7.5v3.3M8 5.2h.01"],
  plus: ["M8 3v10M3 8h10"],
  play: ["M5 3.5v9l7.5-4.5Z"],
  shield: ["M8 1.8 13 3.6v4c0 3-2 5.3-5 6.6-3-1.3-5-3.6-5-6.6v-4Z", "m5.8 7.9 1.6 1.6 2.9-3.2"],
  lock: ["M4 7.5h8v6H4Z", "M5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5"],
  live: ["M8 6.5a1.5 1.5 0 1 0 0 3a1.5 1.5 0 1 0 0-3", "M4.8 11.2a4.5 4.5 0 0 1 0-6.4M11.2 4.8a4.5 4.5 0 0 1 0 6.4"],
};

/**
 * A drawing.
 *
 * @param {string} name one of those above; an unknown one is a plain circle
 * @param {string} [extra] classes
 * @returns {SVGElement}
 */
export function icon(name, extra = "") {
  const paths = (DRAWN[name] ?? DRAWN.pending).map((d) => svg("path", { d }));
  const spins = name === "running" ? "icon-spins" : "";
  return svg(
    "svg",
    {
      class: ["icon", spins, extra],
      viewBox: "0 0 16 16",
      width: 16,
      height: 16,
      "aria-hidden": "true",
      focusable: "false",
    },
    paths,
  );
}
