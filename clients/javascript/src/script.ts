// `/js/ingest.js`: a page's own client as `window.ingest`, by the attributes of the script's element.

import { createBrowserClient, type BrowserClient } from "./sending/browser.js";

declare global {
  interface Window {
    ingest?: BrowserClient | { queue: object[] };
  }
}

const { dataset, src } = document.currentScript as HTMLScriptElement;
const waiting = window.ingest && "queue" in window.ingest ? window.ingest.queue : [];
const client = createBrowserClient({
  address: dataset["address"] ?? src.replace(/\/js\/[^/]*$/, ""), // where it came from

  offline: "offline" in dataset,
  respectGpc: "respectGpc" in dataset,
});
window.ingest = client;
for (const event of waiting) {
  try {
    client.track(event);
  } catch (error) {
    console.error(error); // what is no event must not hold up those after it
  }
}
