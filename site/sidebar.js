// The order of the pages is that of the index in docs/README.md: its headings are the groups, its links the pages.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { ROOT, targetOf } from "./pages.js";

const LINK = /\[([^\]]+)\]\(([^)\s]+)\)/g;
const IS_ADDRESS = /^[a-z]+:/;

/** Return the sidebar as VitePress takes it. An index of a folder has the pages that it lists below itself. */
export function makeSidebar() {
  return groupsOf("docs/README.md")
    .filter(({ items }) => items.length > 0)
    .map((group) => (group.text === "Decisions" ? { ...group, link: "/#decisions", collapsed: true } : group));
}

function groupsOf(source) {
  const groups = [{ text: "Guide", items: [] }];
  for (const line of readFileSync(join(ROOT, source), "utf8").split("\n")) {
    const heading = /^##\s+(.+)$/.exec(line);
    if (heading) groups.push({ text: heading[1], items: [] });
    for (const [, text, href] of line.matchAll(LINK)) groups.at(-1).items.push(...itemsOf(source, text, href));
  }
  return groups;
}

function itemsOf(source, text, href) {
  if (IS_ADDRESS.test(href) || href.includes("#")) return [];
  const link = targetOf(source, href);
  if (link === undefined) return [];
  const item = { text: text.replaceAll("`", ""), link };
  return link.endsWith("/") ? [{ ...item, collapsed: true, items: pagesBelow(link) }] : [item];
}

/** The pages of a folder that its index links to, each once. */
function pagesBelow(folder) {
  const items = groupsOf(`docs${folder}README.md`).flatMap((group) => group.items);
  return [...new Map(items.filter(({ link }) => link.startsWith(folder)).map((item) => [item.link, item])).values()];
}
