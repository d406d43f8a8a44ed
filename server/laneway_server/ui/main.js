/**
 * The page: its frame, its addresses, and who looks at it.
 */

import { Offline, onSignedOut } from "./lib/api.js";
import { tellMistake } from "./lib/notices.js";
import { onVisit, route, startRouter, go } from "./lib/router.js";
import { forgetSession, refreshSession } from "./lib/session.js";
import { startStream, stopStream } from "./lib/stream.js";
import { frame } from "./lib/frame.js";
import { view as lanes } from "./views/lanes.js";

// Mistakes of the page's own that nobody else tells: its reader must not trust what stands still.
window.addEventListener("error", ({ error }) => tellMistake(error));
window.addEventListener("unhandledrejection", ({ reason }) => tellMistake(reason));

/** A view whose module is loaded when it is first visited. */
function lazy(load) {
  return async (visit) => {
    const { view } = await load().catch(unloaded);
    if (!visit.signal.aborted) await view(visit);
  };
}

/** A module that cannot be fetched is a TypeError: it is tried again with the view. */
function unloaded(error) {
  throw error instanceof TypeError ? new Offline(error) : error;
}

route("/", lanes);
route("/lanes/:product/:context/:instance", lazy(() => import("./views/lane.js")));
route("/operations", lazy(() => import("./views/history.js")));
route("/operations/:id", lazy(() => import("./views/operation.js")));
route("/plans", lazy(() => import("./views/plans.js")));
route("/plans/:name", lazy(() => import("./views/plan.js")));
route("/submit", lazy(() => import("./views/submit.js")));
route("/audit", lazy(() => import("./views/audit.js")));
route("/signin", lazy(() => import("./views/signin.js")));

/** Whoever is not signed in (any more) signs in, and comes back to where they were. */
function toSignIn() {
  if (location.pathname === "/signin") return;
  forgetSession();
  stopStream();
  const back = location.pathname + location.search;
  go(`/signin?return_to=${encodeURIComponent(back)}`, { replace: true });
}

const { visited } = frame(document.getElementById("top"));
onVisit(visited);
onSignedOut(toSignIn);
startStream();
// Who calls is for the frame; nobody being signed in is what `onSignedOut` is for.
refreshSession().catch(() => null);
startRouter(document.getElementById("main"));
