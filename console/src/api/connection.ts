import { Store } from "@/state/store";

/** Whether the API answered the last time it was asked. */
export const connection = {
  store: new Store(true),
  lost: () => connection.store.set(false),
  found: () => connection.store.set(true),
};
