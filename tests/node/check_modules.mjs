// Reads a folder's ES modules as a browser would, without running them: `node check_modules.mjs
// FOLDER` prints, as JSON, what is wrong with each file, and what each imports. Node.js wants
// --experimental-vm-modules for it.
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import vm from "node:vm";

const folder = resolve(process.argv[2]);
const modules = new Map();

function parsed(path) {
  if (!modules.has(path)) {
    const text = readFileSync(path, "utf-8");
    modules.set(path, new vm.SourceTextModule(text, { identifier: relative(folder, path) }));
  }
  return modules.get(path);
}

// Names that are imported and not exported show when modules are linked.
async function problem(path) {
  try {
    const module = parsed(path);
    if (module.status === "unlinked") {
      await module.link((name, from) => parsed(join(folder, dirname(from.identifier), name)));
    }
    return null;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

const report = {};
const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".js"));
for (const name of files.sort()) {
  const path = join(folder, name);
  const wrong = await problem(path);
  const imports = modules.get(path)?.dependencySpecifiers ?? [];
  report[name] = { problem: wrong, imports: [...imports] };
}
console.log(JSON.stringify(report));
