// `/js/ingest.js`: a page's own client as `window.ingest`, by the attributes of the script's element.

import { createBrowserClient, type BrowserClient } from "./sending/browser.js";

declare global {
  interface Window {
    ingest?: BrowserClient | { queue: object[] };
  }
}

const { dataset } = document.currentScript as HTMLScriptElement;
const waiting = window.ingest && "queue" in window.ingest ? window.ingest.queue : [];
const client = createBrowserClient({
  address: dataset["address"] ?? "",
  offline: "offline" in dataset,
  respectGpc: "respectGpc" in dataset,
});
window.ingest = client;
for (const event of waiting) client.track(event);
