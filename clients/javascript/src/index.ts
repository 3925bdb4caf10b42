export { createClient } from "./sending/client.js";
export type { AnyEvent, Client, Counters, Fault, Options, Outcome, Result, Store } from "./sending/contract.js";
export { createBrowserClient, type BrowserClient, type BrowserOptions } from "./sending/browser.js";
