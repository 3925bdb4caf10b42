import { expect, test } from "vitest";

import { dollars, dollarsPerMillion, trafficOf, type Traffic } from "@/pages/overview/cost";
import figures from "@/pages/overview/cost_figures.json";

const ONE: Traffic = { eventBytes: 300, eventsPerRequest: 1, destination: "s3" };

test("what stands in the figures is told as it stands", () => {
  const size = figures.event_bytes.indexOf(300);
  const batch = figures.events_per_request.indexOf(10);
  expect(dollarsPerMillion({ ...ONE, eventsPerRequest: 10 })).toBeCloseTo(
    figures.per_million.http_api[size]?.[batch] ?? 0,
    6,
  );
  expect(dollarsPerMillion(ONE, "alb")).toBeCloseTo(figures.per_million.alb[size]?.[0] ?? 0, 6);
});

test("between two figures it is between them, and beyond the last it is the last", () => {
  const few = dollarsPerMillion({ ...ONE, eventsPerRequest: 5 });
  const many = dollarsPerMillion({ ...ONE, eventsPerRequest: 10 });
  const some = dollarsPerMillion({ ...ONE, eventsPerRequest: 7 });
  expect(some).toBeLessThan(few);
  expect(some).toBeGreaterThan(many);
  expect(dollarsPerMillion({ ...ONE, eventsPerRequest: 900 })).toBeCloseTo(
    dollarsPerMillion({ ...ONE, eventsPerRequest: 500 }),
    9,
  );
  expect(dollarsPerMillion({ ...ONE, eventBytes: 10 })).toBeCloseTo(dollarsPerMillion({ ...ONE, eventBytes: 100 }), 9);
});

test("what a destination takes beyond S3 comes on top", () => {
  for (const destination of ["postgres", "http", "sqs", "kinesis", "eventbridge"] as const) {
    expect(dollarsPerMillion({ ...ONE, destination })).toBeGreaterThan(dollarsPerMillion(ONE));
  }
});

test("BigQuery comes on top", () => {
  const streamed = dollarsPerMillion({ ...ONE, destination: "bigquery_stream" });
  expect(streamed).toBeGreaterThan(dollarsPerMillion({ ...ONE, destination: "bigquery_load" }));
  expect(dollarsPerMillion({ ...ONE, destination: "bigquery_load" })).toBeGreaterThan(dollarsPerMillion(ONE));
});

test("traffic is read from what was counted, refused events too", () => {
  const totals = { requests: 10, bytes: 8_000, accepted: 20, rejected: 5 };
  expect(trafficOf(totals, "s3")).toEqual({ eventBytes: 400, eventsPerRequest: 2.5, destination: "s3" });
  expect(trafficOf({ requests: 3, rejected: 3 }, "s3")).toBeNull();
  expect(trafficOf({}, "s3")).toBeNull();
});

test("dollars are told to the cent, and below it by what counts", () => {
  expect([dollars(1.467), dollars(0.023), dollars(0.00586), dollars(0), dollars(1234.5)]).toEqual([
    "$1.47",
    "$0.02",
    "$0.0059",
    "$0",
    "$1,234.50",
  ]);
});
