/**
 * What can be tried, as the audit log names it (the names of the API's routes), and in words.
 */

/** Names and words, in the order in which they are offered. */
export const ACTS = [
  ["submitOperation", "Submit"],
  ["retryOperation", "Retry"],
  ["decideApproval", "Approve or reject"],
  ["cancelOperation", "Cancel"],
  ["pauseOperation", "Pause"],
  ["resumeOperation", "Resume"],
  ["reconcileOperation", "Reconcile"],
  ["freezeLane", "Freeze a lane"],
  ["unfreezeLane", "Unfreeze a lane"],
  ["holdOperation", "Hold"],
  ["releaseOperation", "Release from hold"],
  ["signIn", "Sign in"],
  ["signOut", "Sign out"],
];

const WORDS = new Map(ACTS);

/** What was tried, in words: "Freeze a lane". One that is not known is told by its name. */
export function actText(act) {
  return WORDS.get(act) ?? act.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
}
