// Prints, for each question on stdin (a list in JSON), the pages that the built index finds, the best first.

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const site = new URL("../../site/", import.meta.url);
const { default: MiniSearch } = await import(
  createRequire(new URL("package.json", site))
    .resolve("minisearch")
    .replace(/cjs\/index\.cjs$/, "es/index.js")
);
const { INDEX_OPTIONS, find } = await import(new URL("search.js", site));
const chunks = new URL("dist/assets/chunks/", site);
const name = readdirSync(chunks).find((found) => found.startsWith("@localSearchIndex"));
const { default: index } = await import(new URL(encodeURIComponent(name), chunks));
const built = MiniSearch.loadJSON(index, INDEX_OPTIONS);
const questions = JSON.parse(readFileSync(0, "utf8"));
const found = questions.map((question) =>
  find((terms, options) => built.search(terms, options), question)
    .slice(0, 16)
    .map(({ id }) => id),
);
console.log(JSON.stringify(found));
