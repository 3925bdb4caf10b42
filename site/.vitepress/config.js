import { fileURLToPath } from "node:url";

import { defineConfig } from "vitepress";

import { anchorCodes } from "../anchors.js";
import { linkPages } from "../links.js";
import { layOut } from "../pages.js";
import { moveScripts } from "../policy.js";
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
  markdown: { html: false, config: (md) => md.use(linkPages).use(anchorCodes) },
  vite: { publicDir: false, build: { assetsInlineLimit: 0 } },
  themeConfig: {
    nav: [{ text: "API reference", link: "/api" }],
    sidebar: makeSidebar(),
    outline: [2, 3],
    search: { provider: "local" },
  },
  buildEnd: ({ outDir }) => moveScripts(outDir, BASE),
});
