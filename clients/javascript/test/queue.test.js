// What a page keeps stays bounded, however often it is hidden and however long it is offline.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createClient } from "../dist/index.js";
import { createClient as createHooked } from "../dist/sending/client.js";

const LIMITS = { address: "http://127.0.0.1:1/e/env_1", gzip: false, maxEvents: 50, maxQueued: 100, maxWaitMs: 1 };
const UNDER_WAY = 50;

/** A page of which a test says when it is hidden and whether it is offline. */
class Page {
  isOffline = true;
  batches = new Map();
  requests = [];
  store = {
    put: (batch) => this.batches.set(batch.key, batch),
    remove: (key) => this.batches.delete(key),
    all: () => Promise.resolve([...this.batches.values()]),
  };

  constructor(beacon) {
    globalThis.fetch = async (_address, { body, headers }) => {
      const events = JSON.parse(body);
      this.requests.push({ key: headers["Idempotency-Key"], events });
      if (this.isOffline) throw new TypeError("offline");
      const answer = { ok: true, event_ids: events.map(({ n }) => `evt_${n}`) };
      return { ok: true, status: 200, json: () => Promise.resolve(answer) };
    };
    this.hooks = {
      isOffline: () => this.isOffline,
      start: (leave, wake) => {
        this.hide = leave;
        this.comeBack = () => {
          this.isOffline = false;
          wake();
        };
      },
      ...(beacon && { beacon }),
    };
  }

  get kept() {
    return [...this.batches.values()].reduce((sum, { texts }) => sum + texts.length, 0);
  }
}

const settled = () => new Promise((done) => setTimeout(done));

async function hideOften(page, client, times, each) {
  for (let time = 0, n = 0; time < times; time++) {
    for (let index = 0; index < each; index++) client.track({ n: n++ });
    page.hide();
    await settled();
  }
}

for (const name of ["at once", "by a beacon that the browser does not take"]) {
  await test(`a page that is offline and hidden again and again keeps the newest events: ${name}`, async () => {
    const page = new Page(name === "at once" ? undefined : () => false);
    const client = createHooked({ ...LIMITS, store: page.store }, page.hooks);
    await hideOften(page, client, 40, 20);
    const { waiting, dropped, undelivered } = client.counters;
    assert.ok(waiting <= LIMITS.maxQueued + UNDER_WAY, `${waiting} wait`);
    assert.ok(waiting >= LIMITS.maxQueued - 20, `${waiting} wait`);
    assert.equal(waiting + dropped + undelivered, 800);
    assert.equal(page.kept, waiting);

    page.requests = [];
    page.comeBack();
    assert.equal(await client.flush(5_000), true);
    assert.equal(client.counters.accepted, waiting);
    const sent = page.requests.flatMap(({ events }) => events.map(({ n }) => n));
    assert.ok(Array.from({ length: 80 }, (_, n) => 720 + n).every((n) => sent.includes(n)));
    assert.equal(page.kept, 0);
  });
}

await test("what a browser took to send is kept no longer, although another batch still waits for its turn", async () => {
  const page = new Page(() => isTaken);
  let isTaken = false;
  const client = createHooked({ ...LIMITS, store: page.store }, page.hooks);
  await hideOften(page, client, 1, 10); // its turn has come, and it waits to be online
  isTaken = true;
  await hideOften(page, client, 40, 20);
  assert.equal(client.counters.handedOver, 810);
  assert.equal(page.kept, 0);
  page.comeBack();
  assert.equal(await client.close(5_000), true);
});

await test("what was sent as the page was hidden is kept no longer, although another batch is tried again", async () => {
  const page = new Page();
  const client = createHooked({ ...LIMITS, store: page.store }, page.hooks);
  client.track({ n: "x".repeat(70_000) }); // too large to outlive a page
  await new Promise((done) => setTimeout(done, 5)); // its turn has come
  page.isOffline = false;
  await hideOften(page, client, 40, 20);
  assert.equal(client.counters.accepted, 800);
  assert.equal(page.kept, 1);
  page.comeBack();
  await client.close(5_000);
  assert.equal(page.kept, 0);
});

await test("what earlier pages left is bounded as well", async () => {
  const page = new Page();
  for (let number = 0; number < 40; number++) {
    page.store.put({ key: `${number}`, at: Date.now() + number, texts: Array(50).fill('{"n":1}') });
  }
  const told = [];
  const client = createHooked(
    { ...LIMITS, store: page.store, onResult: ({ outcome }) => told.push(outcome) },
    page.hooks,
  );
  await settled();
  assert.ok(page.kept <= LIMITS.maxQueued + UNDER_WAY, `${page.kept} are kept`);
  assert.equal(client.counters.waiting, page.kept);
  assert.deepEqual([...new Set(told)], ["dropped"]);
  assert.equal(told.length + page.kept, 2_000);
  assert.ok(page.batches.has("39"));
  page.comeBack();
  await client.close(5_000);
});

await test("a page that goes away sends what fits into 64 KiB, however large a batch may be", async () => {
  const page = new Page();
  const client = createHooked({ ...LIMITS, maxWaitMs: 60_000 }, page.hooks);
  for (let n = 0; n < 40; n++) client.track({ n, text: "x".repeat(2_000) });
  page.isOffline = false;
  page.hide();
  const sent = page.requests.flatMap(({ events }) => events.map(({ n }) => n));
  assert.deepEqual(
    sent,
    Array.from({ length: sent.length }, (_, n) => n),
  );
  assert.ok(sent.length >= 20 && sent.length < 30, `${sent.length} events were sent`);
  page.comeBack();
  await client.close(5_000);
  assert.equal(client.counters.accepted, 40);
});

for (const [maxEvents, sizes] of [
  [0, [1, 1, 1]],
  [5_000, [1_000, 1_000, 1]],
]) {
  await test(`a request holds 1 to 1,000 events, also where maxEvents is ${maxEvents}`, async () => {
    const page = new Page();
    page.isOffline = false;
    const client = createClient({ ...LIMITS, maxEvents, maxQueued: 10_000 });
    const count = sizes.reduce((sum, size) => sum + size);
    for (let n = 0; n < count; n++) client.track({ n });
    await client.close(5_000);
    assert.deepEqual(
      page.requests.map(({ events }) => events.length),
      sizes,
    );
  });
}

await test("on a server one request is under way, and the rest is bounded", async () => {
  const page = new Page();
  page.isOffline = false;
  const client = createClient(LIMITS);
  for (let n = 0; n < 1_000; n++) client.track({ n });
  assert.ok(client.counters.waiting <= LIMITS.maxQueued + UNDER_WAY);
  await client.close(5_000);
  assert.equal(client.counters.dropped + client.counters.accepted, 1_000);
  assert.ok(client.counters.dropped >= 850);
});
