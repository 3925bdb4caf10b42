import { fileURLToPath } from "node:url";

import { defineConfig } from "vitepress";

import { anchorCodes, keepPlaces, slugify } from "../anchors.js";
import { linkPages } from "../links.js";
import { layOut } from "../pages.js";
import { moveScripts } from "../policy.js";
import { searchedHtml } from "../search.js";
import { makeSidebar } from "../sidebar.js";

const BASE = "/docs/";
const PAGES = fileURLToPath(new URL("../.pages", import.meta.url));

layOut(PAGES);

export default defineConfig({
  title: "ingest-endpoints",
  description: "JSON events over HTTPS in your own AWS account",
  lang: "en",
  head: [["link", { rel: "icon", href: "/icon.svg" }]],
  base: BASE,
  srcDir: PAGES,
  outDir: "dist",
  cacheDir: "node_modules/.cache/vitepress",
  cleanUrls: true,
  // A file of its own, where the policy allows no inline script.
  metaChunk: true,
  markdown: { html: false, anchor: { slugify }, config: (md) => md.use(linkPages).use(anchorCodes).use(keepPlaces) },
  vite: { publicDir: false, build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 1000 } },
  themeConfig: {
    nav: [{ text: "API reference", link: "/api" }],
    sidebar: makeSidebar(),
    outline: [2, 3],
    search: {
      provider: "local",
      options: { _render: searchedHtml },
    },
  },
  buildEnd: ({ outDir }) => moveScripts(outDir, BASE),
});
