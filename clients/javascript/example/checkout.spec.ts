import { expect, test } from "ingest-endpoints-client/playwright";

test("a purchase is tracked once, with its price", async ({ page, ingest }) => {
  await page.goto(`/?ingest=${encodeURIComponent(ingest.address)}`);
  await page.getByRole("button", { name: "Buy" }).click();

  const [purchase] = await ingest.expect({ accepted: 1, invalid: 0, where: { event: "purchase" } });
  expect(purchase?.stored).toMatchObject({ price: 9.5 });
});

test("looking at a page sends a view and nothing else", async ({ page, ingest }) => {
  await page.goto(`/?ingest=${encodeURIComponent(ingest.address)}`);
  await ingest.expect({ accepted: 1, invalid: 0 });
  expect(await ingest.events({ event: "purchase" })).toEqual([]);
});
