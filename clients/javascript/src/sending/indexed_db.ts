import type { Store, StoredBatch } from "./contract.js";

const TABLE = "batches";

const done = <Value>(request: IDBRequest<Value>): Promise<Value> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = reject;
  });

/** Keeps the batches for one address in IndexedDB; where that is not to be had, it keeps nothing. */
export function indexedDbStore(address: string): Store {
  const opened = (async () => {
    const request = indexedDB.open(`ingest ${address}`, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "key" });
    return done(request);
  })();
  const use = async <Value>(work: (table: IDBObjectStore) => IDBRequest<Value>): Promise<Value | undefined> => {
    try {
      return await done(work((await opened).transaction(TABLE, "readwrite").objectStore(TABLE)));
    } catch {
      return undefined; // a private window, or no room: events are sent all the same
    }
  };
  return {
    put: (batch) => use((table) => table.put(batch)),
    remove: (key) => use((table) => table.delete(key)),
    all: async () =>
      ((await use((table) => table.getAll() as IDBRequest<StoredBatch[]>)) ?? []).sort((a, b) => a.at - b.at),
  };
}
