// Which file of the repository is which page of the site. Where a link leads follows from it.

import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Files beside docs/ that are pages, too: docs link to them. */
const BESIDE_DOCS = JSON.parse(readFileSync(join(ROOT, "site/beside_docs.json"), "utf8"));

const FILES_SHOWN_BY = { "docs/openapi.json": "site/api.md" };

/** Return the page of each source, by its path in the repository; pages are paths that end in .md. */
function findPages() {
  const names = readdirSync(join(ROOT, "docs"), { recursive: true }).map((name) => name.replaceAll("\\", "/"));
  const inDocs = names
    .filter((name) => name.endsWith(".md"))
    .map((name) => [`docs/${name}`, name.replace(/(^|\/)README\.md$/, "$1index.md")]);
  return new Map([...inDocs, ...Object.entries(BESIDE_DOCS)]);
}

const PAGES = findPages();
const SOURCES = new Map([...PAGES].map(([source, page]) => [page, source]));

/** Copy what the site is made of into a folder, under the names that it has there. */
export function layOut(folder) {
  rmSync(folder, { recursive: true, force: true });
  for (const [source, page] of PAGES) cpSync(join(ROOT, source), join(folder, page));
  cpSync(join(ROOT, "docs/images"), join(folder, "images"), { recursive: true });
}

/** Return the file that a page is made of, by its path in the repository. */
export const sourceOf = (page) => SOURCES.get(page);

/**
 * Return the address that a link in a source leads to, without the site's base; undefined if what it names is no page.
 * Throws where it names nothing.
 */
export function targetOf(source, href) {
  const [path, anchor] = href.split("#", 2);
  const named = fileNamed(source, path);
  const page = PAGES.get(FILES_SHOWN_BY[named] ?? named);
  if (page === undefined) return undefined;
  const address = "/" + page.replace(/(^|\/)index\.md$/, "$1").replace(/\.md$/, "");
  return address + (anchor === undefined ? "" : `#${anchor}`);
}

/** Return the path of an image from the page that shows it. */
export function imageOf(source, path) {
  const named = fileNamed(source, path);
  if (!named.startsWith("docs/images/")) throw new Error(`${source} shows ${path}: images are kept in docs/images.`);
  return "./" + posix.relative(posix.dirname(PAGES.get(source)), named.slice("docs/".length));
}

function fileNamed(source, path) {
  const named = posix.join(posix.dirname(source), path).replace(/\/$/, "");
  if (!existsSync(join(ROOT, named))) throw new Error(`${source} names ${path}, which is not there.`);
  return named;
}
