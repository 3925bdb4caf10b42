// Links in Markdown are those that work where the files are read as files. Here they lead from page to page.

import { imageOf, sourceOf, targetOf } from "./pages.js";

const ELSEWHERE_OR_HERE = /^([a-z][a-z0-9+.-]*:|#)/i;

/** A plugin of markdown-it; a link to a file that is no page becomes plain text. */
export function linkPages(md) {
  md.core.ruler.push("link_pages", (state) => {
    const source = sourceOf(state.env.relativePath);
    for (const { children } of source === undefined ? [] : state.tokens) rewrite(children ?? [], source);
  });
}

function rewrite(tokens, source) {
  const isDropped = [];
  for (const token of tokens) {
    if (token.type === "link_open") {
      const href = token.attrGet("href");
      const target = ELSEWHERE_OR_HERE.test(href) ? href : targetOf(source, href);
      isDropped.push(target === undefined);
      if (target === undefined) hide(token);
      else token.attrSet("href", target);
    } else if (token.type === "link_close") {
      if (isDropped.pop()) hide(token);
    } else if (token.type === "image" && !ELSEWHERE_OR_HERE.test(token.attrGet("src"))) {
      token.attrSet("src", imageOf(source, token.attrGet("src")));
    }
  }
}

function hide(token) {
  Object.assign(token, { type: "text", content: "", tag: "", nesting: 0, attrs: null });
}
