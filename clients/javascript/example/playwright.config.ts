import { defineConfig } from "@playwright/test";

import type { IngestOptions } from "ingest-endpoints-client/playwright";

const port = process.env["PORT"] ?? "4173";
const address = `http://127.0.0.1:${port}`;
const executablePath = process.env["CHROMIUM"];

export default defineConfig<object, IngestOptions>({
  testDir: ".",
  outputDir: "../test-results",
  webServer: { command: "node shop.js", url: address, env: { PORT: port } },
  use: {
    baseURL: address,
    ingestSchemas: [new URL("orders.yaml", import.meta.url).pathname],
    // The machine's own Chromium, if it is named; else the one that `npx playwright install chromium` fetches.
    launchOptions: executablePath ? { executablePath, args: ["--no-sandbox"] } : {},
  },
});
