/** Where the errors of a refused submission are shown: at their fields, by their JSON pointers. */

import { Problem } from "../../lib/api.js";

const REQUEST = "/request";

/**
 * Show a refusal's errors at their fields.
 *
 * @returns {Error|null} what is left to be shown elsewhere; null where every error has its place
 */
export function placed(form, problem) {
  if (!(problem instanceof Problem) || !problem.errors.length) return problem;
  const inside = problem.errors.filter(({ path }) => path === REQUEST || path.startsWith(`${REQUEST}/`));
  const own = problem.errors.filter((error) => !inside.includes(error));
  const unplaced = form.request.show(inside.map(({ path, message }) => ({ path: path.slice(REQUEST.length), message })));
  const left = [
    ...unplaced.map(({ path, message }) => ({ path: REQUEST + path, message })),
    ...own.filter((error) => !beside(form, error)),
  ];
  if (!left.length) return null;
  return new Problem({ ...problem.body, errors: left }, problem.status, problem.retryAfter);
}

/** Whether the error belongs to a field beside the request. */
function beside(form, { path, message }) {
  const name = path.slice(1);
  if (name !== "reason" && name !== "when_busy") return false;
  form.manner.show(name, [message]);
  return true;
}
