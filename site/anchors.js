// Every code has an address: `errors#invalid_event` leads to the row of a table whose first cell is that code alone.

const PAGES = new Set(["errors.md"]);

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
