/**
 * The bar at the top: where one can go, whether what is shown is live, who one is, and light or
 * dark.
 */

import { openName } from "./api.js";
import { h, replace, set, svg } from "./dom.js";
import { icon } from "./icons.js";
import { go } from "./router.js";
import { onSession, signOut } from "./session.js";
import { onState, stopStream } from "./stream.js";
import { toast } from "./notices.js";

const PLACES = [
  { href: "/", label: "Lanes", of: /^\/(lanes\/.*)?$/ },
  { href: "/operations", label: "Operations", of: /^\/operations/ },
  { href: "/plans", label: "Plans", of: /^\/plans/ },
  { href: "/audit", label: "Audit", of: /^\/audit/, act: "admin" },
];
const STATES = {
  connecting: { word: "Connecting", tone: "quiet", said: "Connecting to the server." },
  live: { word: "Live", tone: "good", said: "What is shown is what is so now." },
  reconnecting: {
    word: "Reconnecting", tone: "wait",
    said: "The server cannot be reached. What is shown may be out of date; it catches up by itself.",
  },
  resyncing: { word: "Catching up", tone: "active", said: "What is shown is loaded again." },
  stopped: { word: "Not live", tone: "quiet", said: "There is nothing that you may follow." },
};
const THEMES = [
  { theme: "auto", icon: "auto", label: "Light or dark as your system" },
  { theme: "light", icon: "sun", label: "Light" },
  { theme: "dark", icon: "moon", label: "Dark" },
];

/** Fill the bar; `visited` is to be called with the URL of each visit. */
export function frame(top) {
  const links = PLACES.map(placeLink);
  const nav = h("nav", { class: "places", "aria-label": "Main" }, links.map(({ node }) => node));
  const submit = h("a", { href: "/submit", class: "button primary submit-link", hidden: true }, icon("plus"), h("span", null, "Submit"));
  const who = h("div", { class: "who" });
  replace(top, brand(), nav, h("div", { class: "top-end" }, liveState(), submit, themeSwitch(), who));
  onSession((session) => shown(session, { links, submit, who }));
  return { visited: (url) => links.forEach((link) => link.mark(url)) };
}

function brand() {
  const mark = svg(
    "svg",
    { class: "brand-mark", viewBox: "0 0 32 32", width: 24, height: 24, "aria-hidden": "true" },
    svg("rect", { width: 32, height: 32, rx: 7 }),
    svg("path", { d: "M9 25 13 7M23 25 19 7" }),
    svg("path", { class: "brand-dashes", d: "M16 24v-3.5M16 17v-3M16 10.5v-2" }),
  );
  return h("a", { href: "/", class: "brand", "aria-label": "Laneway: lanes" }, mark, h("span", null, "Laneway"));
}

function placeLink({ href, label, of, act }) {
  const node = h("a", { href, hidden: act !== undefined }, label);
  const mark = (url) => set(node, { "aria-current": of.test(url.pathname) ? "page" : null });
  return { node, mark, act };
}

function shown(session, { links, submit, who }) {
  const acts = new Set(session?.may ?? []);
  for (const { node, act } of links) if (act) node.hidden = !acts.has(act);
  // A rule that is for some plans only allows it there: the form itself says what may be done.
  submit.hidden = session === null;
  replace(who, session === null ? null : whoMenu(session));
}

function whoMenu(session) {
  const open = session.issuer === null;
  const name = h("span", { class: "who-name" }, session.name);
  const summary = h("summary", { title: session.subject }, icon("person"), name);
  const action = open
    ? h("a", { class: "button", href: "/signin" }, openName() ? "Be somebody else" : "Say who you are")
    : session.signed_in && h("button", { type: "button", onclick: leave }, "Sign out");
  const about = [
    h("p", { class: "quiet small" }, open ? "Access is open: callers say who they are." : "Signed in as"),
    h("p", { class: "mono small" }, session.subject),
    session.groups.length ? h("p", { class: "small" }, `Groups: ${session.groups.join(", ")}`) : null,
  ];
  const menu = h("details", { class: "menu" }, summary, h("div", { class: "menu-body" }, about, action));
  menu.addEventListener("focusout", (event) => menu.contains(event.relatedTarget) || event.relatedTarget === null || (menu.open = false));
  menu.addEventListener("keydown", (event) => event.key === "Escape" && ((menu.open = false), summary.focus()));
  menu.addEventListener("click", (event) => event.target.closest("a") && (menu.open = false));
  return menu;
}

async function leave() {
  try {
    await signOut();
  } catch (problem) {
    toast(`You are still signed in: ${problem.message}`);
    return;
  }
  stopStream();
  go("/signin");
}

function liveState() {
  const node = h("p", { class: "live", role: "status" });
  onState((state) => {
    const { word, tone, said } = STATES[state];
    set(node, { class: `live tone-${tone}`, title: said, "data-state": state });
    replace(node, h("span", { class: "live-dot", "aria-hidden": "true" }), h("span", { class: "live-word" }, word));
  });
  return node;
}

function themeSwitch() {
  const button = h("button", { type: "button", class: "icon-button" });
  const draw = () => {
    const now = THEMES.find(({ theme }) => theme === chosen());
    set(button, { title: now.label, "aria-label": `Colours: ${now.label}` });
    replace(button, icon(now.icon));
  };
  button.addEventListener("click", () => {
    const at = THEMES.findIndex(({ theme }) => theme === chosen());
    choose(THEMES[(at + 1) % THEMES.length].theme);
    draw();
  });
  draw();
  return button;
}

function chosen() {
  return document.documentElement.dataset.theme ?? "auto";
}

function choose(theme) {
  if (theme === "auto") {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem("laneway.theme");
  } else {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("laneway.theme", theme);
  }
}
