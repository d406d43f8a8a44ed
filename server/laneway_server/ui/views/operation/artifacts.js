/**
 * What an attempt left behind: logs to read and search, and everything to download.
 */

import { address, get, operationPath } from "../../lib/api.js";
import { digest, json, logView, problemNotice, spinner } from "../../lib/components.js";
import { h, replace } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { part } from "./part.js";

const AT_ONCE = 256 * 1024; // bytes that are shown without being asked for
const MOST = 20 * 1024 * 1024; // bytes that the page shows at all

/**
 * Artifacts of a phase; one that is alone and small is shown at once.
 *
 * @param {Array<{name, media_type, size, digest, link}>} artifacts
 * @returns {HTMLElement}
 */
export function artifactsPart(artifacts) {
  const items = artifacts.map((each) => item(each, artifacts.length === 1));
  return part("Artifacts", h("ul", { class: "op-artifacts" }, items));
}

/**
 * Artifacts that an earlier attempt of a phase left behind, as its `phase_finished` names them.
 *
 * @param {string} id of the operation
 * @param {Object|null} finished the event
 * @returns {HTMLElement|null}
 */
export function earlierArtifactsPart(id, finished) {
  const left = finished?.data.artifacts ?? [];
  if (!left.length) return null;
  const { phase, attempt } = finished;
  const linkOf = ({ name }) => address(operationPath(id, "artifacts", name), { phase, attempt });
  const items = left.map((each) => item({ ...each, link: linkOf(each) }, false));
  return part("Artifacts", h("ul", { class: "op-artifacts" }, items));
}

function item(artifact, alone) {
  const place = h("div", { class: "op-artifact-content" });
  const readable = kindOf(artifact) !== null && artifact.size <= MOST;
  const show = h("button", { type: "button", "aria-expanded": "false" }, icon("eye"), "Show");
  show.addEventListener("click", () => toggle(artifact, show, place));
  const named = { href: artifact.link, download: artifact.name, class: "button" };
  const load = h("a", named, icon("download"), "Download", h("span", { class: "visually-hidden" }, ` ${artifact.name}`));
  const head = h(
    "div",
    { class: "op-artifact" },
    h("span", { class: "mono op-artifact-name" }, artifact.name),
    h("span", { class: "small quiet" }, `${bytes(artifact.size)} · ${artifact.media_type.split(";")[0]}`),
    digest(artifact.digest),
    h("span", { class: "row" }, readable ? show : null, load),
  );
  if (alone && readable && artifact.size <= AT_ONCE) toggle(artifact, show, place);
  return h("li", null, head, place);
}

function kindOf({ media_type: type }) {
  if (/^application\/json\b/.test(type)) return "json";
  return /^text\//.test(type) ? "text" : null;
}

async function toggle(artifact, button, place) {
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  replace(button, icon("eye"), open ? "Hide" : "Show");
  if (!open) return replace(place);
  replace(place, spinner("Loading"));
  try {
    const content = await get(artifact.link, { headers: { Accept: "*/*" } });
    if (button.getAttribute("aria-expanded") === "true") replace(place, shown(artifact, content));
  } catch (problem) {
    replace(place, problemNotice(problem));
  }
  return place;
}

function shown(artifact, content) {
  if (kindOf(artifact) === "json" && typeof content === "object") return json(content);
  return logView(String(content ?? ""), { label: artifact.name });
}

/** A size in bytes as text: "157 bytes", "12.4 kB". */
export function bytes(size) {
  if (size < 1_000) return size === 1 ? "1 byte" : `${size} bytes`;
  const units = ["kB", "MB", "GB"];
  const power = Math.min(Math.floor(Math.log10(size) / 3), units.length);
  const value = size / 1_000 ** power;
  return `${value < 100 ? value.toFixed(1) : Math.round(value)} ${units[power - 1]}`;
}
