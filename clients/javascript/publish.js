// Writes the script of pages into the module that ingest serves it from.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const script = readFileSync(new URL("dist/ingest.js", import.meta.url));
const digest = (algorithm, encoding) => createHash(algorithm).update(script).digest(encoding);
const target = new URL("../../domain/client_script.py", import.meta.url);
writeFileSync(
  target,
  `"""The script of pages, \`/js/ingest.js\`, as \`npm run publish-script\` in clients/javascript makes it."""

# ruff: noqa: E501, Q003
# fmt: off
HASH = "${digest("sha256", "hex").slice(0, 16)}"
"""Stands in the name under which it never changes."""
INTEGRITY = "sha384-${digest("sha384", "base64")}"
"""For the attribute of that name."""
SCRIPT = ${JSON.stringify(script.toString("utf8").trimEnd())} + "\\n"
`,
);
