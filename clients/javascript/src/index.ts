export {
  createClient,
  type AnyEvent,
  type Client,
  type Counters,
  type Fault,
  type Options,
  type Outcome,
  type Result,
  type Store,
} from "./sending/client.js";
export { createBrowserClient, type BrowserClient, type BrowserOptions } from "./sending/browser.js";
