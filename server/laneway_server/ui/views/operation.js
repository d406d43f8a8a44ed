/**
 * An operation: what is done, how it goes, what was proved, and what a person can do about it.
 *
 * What is shown is patched as events come, and never built anew: whoever reads a log keeps it.
 */

import { problemNotice, tabs } from "../lib/components.js";
import { h, replace } from "../lib/dom.js";
import { liveOperation } from "../lib/stream.js";
import { headline } from "../lib/words.js";
import { actingOf } from "./operation/acting.js";
import { bundleOf } from "./operation/bundle.js";
import { Course } from "./operation/course.js";
import { diagramOf } from "./operation/diagram.js";
import { eventsOf } from "./operation/events.js";
import { headerOf } from "./operation/header.js";
import { History } from "./operation/history.js";
import { peopleOf } from "./operation/people.js";
import { prunedHeadline, prunedOf, prunedView } from "./operation/pruned.js";
import { requestOf } from "./operation/request.js";
import { timelineOf } from "./operation/timeline.js";

/** See `Visit` in lib/router.js. */
export async function view({ params, signal, outlet, setTitle }) {
  const page = pageOf(params.id, signal);
  const first = await followed(params.id, page, signal).catch((problem) => gone(problem, { outlet, setTitle }));
  if (!first) return;
  setTitle(headline(first));
  page.onTitle = setTitle;
  outlet.append(page.header, page.trouble, page.body);
}

/** Show what is left of an operation that was pruned; other problems are not for here. */
function gone(problem, { outlet, setTitle }) {
  const left = prunedOf(problem);
  if (!left) throw problem;
  setTitle(prunedHeadline(left));
  outlet.append(...prunedView(left));
  return null;
}

/** Follow it; done with the first answer, or with why there is none. */
function followed(id, page, signal) {
  return new Promise((resolve, reject) => {
    const stop = liveOperation(
      id,
      (operation, news) => {
        try {
          page.show(operation, news);
        } catch (mistake) {
          reject(mistake); // the reader is told, and does not look at nothing
          throw mistake;
        }
        resolve(operation);
      },
      {
        signal,
        onError: (error) => {
          if (page.operation) return page.fail(error);
          stop();
          return reject(error);
        },
      },
    );
    signal.addEventListener("abort", () => resolve(null), { once: true });
  });
}

function pageOf(id, signal) {
  const course = new Course();
  const page = { operation: null, onTitle: () => {}, parts: new Map() };
  const draw = () => {
    if (signal.aborted || !page.operation) return;
    for (const show of page.parts.values()) show(page.operation, course, history);
  };
  const taken = (events) => {
    for (const event of events) course.add(event);
    draw();
  };
  const history = new History(id, taken, { signal, onError: (error) => page.fail(error) });
  const header = headerOf();
  const trouble = h("div", { class: "op-trouble" });
  const acting = actingOf(header.actions, page, signal);
  page.show = (operation, news) => {
    page.operation = operation;
    replace(trouble);
    header.show(operation);
    page.onTitle(headline(operation));
    acting(operation);
    draw();
    history.reach(operation.seq, news).then(draw);
    body.count("events", operation.seq);
  };
  page.fail = (error) => replace(trouble, problemNotice(error));
  const body = bodyOf(page, draw, signal);
  return Object.assign(page, { header, trouble, body });
}

/** The tabs; each is shown what there is as soon as it is opened, and from then on. */
function bodyOf(page, draw, signal) {
  const tab = (id, label, build) => ({
    id,
    label,
    build: () => {
      const { node, show } = build();
      page.parts.set(id, show);
      queueMicrotask(draw);
      return node;
    },
  });
  return tabs(
    [
      tab("timeline", "Timeline", () => overview(signal)),
      tab("diagram", "Diagram", () => part(diagramOf(signal), (node, operation) => node.show(operation))),
      tab("events", "Events", () => part(eventsOf(), (node, operation, course, history) => node.show(operation, history))),
      tab("request", "Request and plan", () => part(requestOf(signal), (node, operation, course) => node.show(operation, course))),
      tab("evidence", "Evidence bundle", () => part(bundleOf(signal), (node, operation) => node.show(operation))),
    ],
    { label: "About the operation" },
  );
}

function part(node, show) {
  return { node, show: (...what) => show(node, ...what) };
}

function overview(signal) {
  const timeline = timelineOf(signal);
  const people = peopleOf();
  const node = h("div", { class: "op-overview" }, timeline, people);
  const show = (operation, course) => {
    timeline.show(operation, course);
    people.show(operation, course);
  };
  return { node, show };
}
