/**
 * The parts that every view is made of. They are in several files; this is the one to import,
 * except by what the first view is made of, which takes only what it needs.
 */

export { copyButton, digest, badge, safety, laneLink, operationLink, person, shortId } from "./bits.js";
export { confirmDialog, openDialog } from "./dialog.js";
export { json } from "./json.js";
export { logView } from "./log.js";
export { empty, notice, problemNotice, spinner, toast } from "./notices.js";
export { table } from "./table.js";
export { tabs } from "./tabs.js";
