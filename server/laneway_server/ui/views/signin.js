/**
 * Saying who one is: by an issuer, by a token, or (where access is open) by a name.
 */

import { get, openName, post, setCsrf, setOpenName } from "../lib/api.js";
import { notice, problemNotice } from "../lib/components.js";
import { h, replace } from "../lib/dom.js";
import { go } from "../lib/router.js";
import { forgetSession, refreshSession } from "../lib/session.js";
import { startStream } from "../lib/stream.js";

const OURS = /^\/(?![/\\])[\x21\x23-\x5b\x5d-\x7e]{0,1000}$/; // an address of this server

/** See `Visit` in lib/router.js. */
export async function view({ query, signal, outlet, setTitle }) {
  setTitle("Sign in");
  const asked = query.get("return_to") ?? "/";
  const back = OURS.test(asked) ? asked : "/";
  const ways = await get("/v1/session/ways", { signal });
  const body = ways.open ? openForm(back) : closedForm(ways, back);
  replace(outlet, h("div", { class: "sign-in" }, h("h1", null, ways.open ? "Who are you?" : "Sign in"), body));
}

// --- open access ----------------------------------------------------------------------------------

function openForm(back) {
  const name = h("input", { type: "text", value: openName() ?? "", placeholder: "anonymous", autocomplete: "username", spellcheck: "false", pattern: "[A-Za-z0-9._@+\\-]{1,100}", maxlength: 100 });
  const hint = h("span", { class: "hint" }, "Letters, digits and ._@+- · leave it empty to be anonymous");
  const trouble = h("div");
  const submit = h("button", { type: "submit", class: "primary" }, "Go on");
  const form = h("form", { class: "card" }, h("label", { class: "field" }, h("span", null, "Your name"), name, hint), trouble, submit);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    setOpenName(name.value.trim() || null);
    entered(back, trouble);
  });
  const about = h("p", null, "Nobody is asked for a proof, and everybody may do everything. To see how an approval works, ask for an operation under one name and approve it under another.");
  return [notice("info", "Access is open here", about), form];
}

// --- an access file -------------------------------------------------------------------------------

function closedForm({ issuers, tokens }, back) {
  const links = issuers.map(({ name, link }) =>
    h("a", { class: "button primary", href: `${link}?return_to=${encodeURIComponent(back)}` }, `Sign in with ${name}`),
  );
  const none = links.length ? null : h("p", { class: "quiet" }, "No issuer is set up for signing in on this page.");
  return [links.length ? h("div", { class: "card" }, links) : none, tokens ? tokenForm(back) : null];
}

function tokenForm(back) {
  const token = h("input", { type: "password", autocomplete: "off", spellcheck: "false", required: true });
  const hint = h("span", { class: "hint" }, "A static token of this server, or one of an issuer that it believes. It is not kept.");
  const trouble = h("div");
  const submit = h("button", { type: "submit" }, "Sign in with the token");
  const form = h("form", { class: "card" }, h("label", { class: "field" }, h("span", null, "A token"), token, hint), trouble, submit);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      const found = await post("/v1/session", { token: token.value.trim() });
      setCsrf(found.csrf);
      await entered(back, trouble);
    } catch (problem) {
      replace(trouble, problemNotice(problem));
      token.focus();
    } finally {
      submit.disabled = false;
    }
  });
  return form;
}

async function entered(back, trouble) {
  forgetSession();
  try {
    await refreshSession();
  } catch (problem) {
    return void replace(trouble, problemNotice(problem));
  }
  startStream();
  return go(back, { replace: true });
}
