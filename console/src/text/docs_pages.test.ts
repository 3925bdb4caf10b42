import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { DOCS_PAGES, docsAddress, docsPageAddress, isDocsWord } from "@/text/docs_pages";

const DOCS = new URL("../../../docs/", import.meta.url).pathname;

/** The anchors of a page's headings, as the site makes them of plain words. */
function anchorsOf(page: string): string[] {
  const headings = readFileSync(`${DOCS}${page}.md`, "utf8").matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, text = ""]) =>
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9 _-]/g, "")
      .replaceAll(" ", "-"),
  );
}

it.each(Object.entries(DOCS_PAGES))("the docs have a place for %s: %s", (_, place) => {
  const [page = "", anchor] = place.split("#");
  expect(existsSync(`${DOCS}${page}.md`)).toBe(true);
  if (anchor !== undefined) expect(anchorsOf(page)).toContain(anchor);
});

it("a word has an address only where the docs have a place for it", () => {
  expect(docsAddress("Canary")).toBe("/docs/live#canary");
  expect(isDocsWord("Canary")).toBe(true);
  expect(isDocsWord("toString")).toBe(false);
});

it("a page has the address of its file, without its end", () => {
  expect(docsPageAddress("protocols/segment.md")).toBe("/docs/protocols/segment");
});
