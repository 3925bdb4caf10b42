// A client for pages: what waits is sent when the page goes away, and what could not be sent when it comes back.

import { createClient, type Hooks } from "./client.js";
import type { AnyEvent, Client, Options } from "./contract.js";
import { indexedDbStore } from "./indexed_db.js";

export interface BrowserOptions extends Options {
  /** Keep batches in IndexedDB until they are sent, beyond this page. */
  offline?: boolean;
  /** Send nothing for visitors whose browser says `Sec-GPC`. */
  respectGpc?: boolean;
}

export interface BrowserClient<Event extends AnyEvent = AnyEvent> extends Client<Event> {
  /** Tracks an event now and at each new address of the page; returns what ends it. */
  page(event: () => Event): () => void;
}

const hooks: Hooks = {
  isOffline: () => !navigator.onLine,
  start: (leave, wake) => {
    addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") leave();
    });
    addEventListener("pagehide", leave);
    addEventListener("online", wake);
  },
};

export function createBrowserClient<Event extends AnyEvent = AnyEvent>(options: BrowserOptions): BrowserClient<Event> {
  const { address, offline, respectGpc } = options;
  const canOutlive = "keepalive" in Request.prototype;
  const client = createClient<Event>(
    offline ? { store: indexedDbStore(address), ...options } : options,
    canOutlive ? hooks : { ...hooks, beacon: (body) => navigator.sendBeacon(address, body) },
  );
  const isRefused = respectGpc && (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl;
  if (isRefused) {
    client.track = () => undefined;
    client.send = (event) => Promise.resolve({ outcome: "dropped", eventId: null, errors: [], event });
  }
  return Object.assign(client, {
    page(event: () => Event) {
      let last = "";
      const look = () => {
        if (location.href === last) return;
        last = location.href;
        client.track(event());
      };
      look();
      const timer = setInterval(look, 500);
      addEventListener("popstate", look);
      return () => {
        clearInterval(timer);
        removeEventListener("popstate", look);
      };
    },
  });
}
