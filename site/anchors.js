// Headings have the anchors that they have where the files are read on GitHub: links are written for those. And every
// code has an address: `errors#invalid_event` leads to the row of a table whose first cell is that code alone.

const PAGES = new Set(["errors.md"]);

/** Return the anchor of a heading. */
export function slugify(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

/** A plugin of markdown-it: of HTML, the files hold places alone, which links lead to. */
export function keepPlaces(md) {
  md.inline.ruler.before("autolink", "place", (state, silent) => {
    const found = /^<a id="[\w-]+"><\/a>/.exec(state.src.slice(state.pos, state.pos + 100));
    if (found === null) return false;
    if (!silent) state.push("html_inline", "", 0).content = found[0];
    state.pos += found[0].length;
    return true;
  });
}

/** A plugin of markdown-it; a code that is explained in several tables leads to the first. */
export function anchorCodes(md) {
  md.core.ruler.push("anchor_codes", ({ env, tokens }) => {
    if (!PAGES.has(env.relativePath)) return;
    const found = new Set();
    tokens.forEach((token, index) => {
      const children = tokens[index + 1]?.children ?? [];
      if (token.type !== "td_open" || tokens[index - 1].type !== "tr_open") return;
      if (children.length !== 1 || children[0].type !== "code_inline" || found.has(children[0].content)) return;
      found.add(children[0].content);
      tokens[index - 1].attrSet("id", children[0].content);
    });
  });
}
