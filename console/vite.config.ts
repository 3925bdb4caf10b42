/// <reference types="vitest/config" />
import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const api = process.env.API ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy: { "/v1": api, "/e/": api, "/config.json": api } },
  build: {
    // Nothing inline: the Content-Security-Policy allows scripts, images and fonts from files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    chunkSizeWarningLimit: 1000,
    target: "es2022",
  },
  test: { include: ["src/**/*.test.ts"] },
});
