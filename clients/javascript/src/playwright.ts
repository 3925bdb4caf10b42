// Fixtures for Playwright Test: `ingest` is the environment that a test's pages send to.

import { test as base } from "@playwright/test";

import { LocalRun, type Environment } from "./testing/index.js";

export { expect } from "@playwright/test";

export interface IngestOptions {
  /** Schemas of the local run that the tests start, YAML or JSON files. Set it in `use` of the configuration. */
  ingestSchemas: string[];
}

/** Playwright's `test` with `ingest`, and with the run behind it as `ingestRun`: each worker has its own. */
export const test = base.extend<{ ingest: Environment }, IngestOptions & { ingestRun: LocalRun }>({
  ingestSchemas: [[], { scope: "worker", option: true }],
  ingestRun: [
    async ({ ingestSchemas }, use) => {
      const run = await LocalRun.start(ingestSchemas);
      await use(run);
      await run.close();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  ingest: async ({ ingestRun }, use) => {
    const environments = [...ingestRun.environments.values()];
    const [first] = environments;
    if (!first) throw new Error("Name the schema that events are checked against: ingestSchemas in `use`.");
    for (const environment of environments) await environment.restart();
    await use(first);
  },
});
