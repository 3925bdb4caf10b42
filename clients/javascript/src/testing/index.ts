// What a site or an app sends, as a test sees it: a local run, its environments, and the events that they got.

export { Environment, type Expectation } from "./environment.js";
export { Unexpected, type IngestEvent, type Json, type Where } from "./expecting.js";
export { LocalRun } from "./local_run.js";
