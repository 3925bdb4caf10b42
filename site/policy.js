// The Content-Security-Policy of the console allows no script in a page. What VitePress writes into its pages moves
// to files.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const INLINE = /<script(?<attributes>(?![^>]*\ssrc=)[^>]*)>(?<code>[\s\S]*?)<\/script>/g;

/** Move every inline script of the pages in a folder to `assets/`, under the checksum of its text. */
export function moveScripts(folder, base) {
  mkdirSync(join(folder, "assets"), { recursive: true });
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith(".html")) continue;
    const page = join(folder, name);
    writeFileSync(page, withoutScripts(readFileSync(page, "utf8"), folder, base));
  }
}

function withoutScripts(html, folder, base) {
  return html.replace(INLINE, (_, attributes, code) => {
    const name = `assets/script.${createHash("sha256").update(code).digest("hex").slice(0, 16)}.js`;
    writeFileSync(join(folder, name), code);
    return `<script${attributes} src="${base}${name}"></script>`;
  });
}
