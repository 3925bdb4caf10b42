import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { expect, it } from "vitest";

const ROOT = new URL("../../../", import.meta.url).pathname;
/** Every file is parsed, which takes more than the runner's five seconds on a machine that is busy. */
const PARSES_ALL_MS = 60_000;
const BETTER = JSON.parse(readFileSync(`${ROOT}tests/data/plain_words.json`, "utf8")) as Record<string, string>;
const FOUND = new RegExp(`\\b(${Object.keys(BETTER).join("|")})\\b`, "gi");

/** What of a source can reach a reader: the texts of elements, strings and templates; no comments, imports or names. */
function textsOf(source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) return;
    if (ts.isJsxText(node) || ts.isStringLiteralLike(node)) found.push(node.text);
    if (ts.isTemplateExpression(node)) {
      found.push([node.head, ...node.templateSpans.map((span) => span.literal)].map((part) => part.text).join("…"));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("one.tsx", source, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TSX));
  return found.map((text) => text.replaceAll(/\s+/g, " "));
}

const faultsOf = (source: string) =>
  textsOf(source).flatMap((text) =>
    [...text.matchAll(FOUND)].map(([word]) => `${text}: ${word}; say: ${BETTER[word.toLowerCase()] ?? ""}`),
  );

it("finds a word in a text, and none in a comment or a name", () => {
  const source = '// whoever\nconst judge = <p title="whoever">by\n itself{`excepted ${judge}`}</p>;';
  expect(faultsOf(source)).toHaveLength(3);
});

it(
  "finds none in the console",
  () => {
    const files = readdirSync(`${ROOT}console/src`, { recursive: true, encoding: "utf8" }).filter(
      (name) => /\.tsx?$/.test(name) && !/\.(test|d)\.ts$/.test(name),
    );
    expect(files.length).toBeGreaterThan(200);
    const faults = files.flatMap((name) =>
      faultsOf(readFileSync(`${ROOT}console/src/${name}`, "utf8")).map((fault) => `${name}: ${fault}`),
    );
    expect(faults).toEqual([]);
  },
  PARSES_ALL_MS,
);
