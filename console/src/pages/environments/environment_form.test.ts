import { describe, expect, it } from "vitest";

import { destinationOf, EMPTY_DESTINATION, formFrom } from "@/pages/environments/destination_form";
import { emptyEnvironment, settingsOf } from "@/pages/environments/environment_form";

describe("a destination's form", () => {
  it("is empty for the deployment's own bucket", () => {
    expect(formFrom({ type: "s3", managed: true })).toEqual(EMPTY_DESTINATION);
    expect(destinationOf(EMPTY_DESTINATION)).toEqual({ type: "s3", managed: true });
  });

  it("tells a key from a workload identity by its type", () => {
    const bigquery = { ...EMPTY_DESTINATION, kind: "bigquery" as const, project: "my-project", dataset: "events" };
    const key = destinationOf({ ...bigquery, credentials: '{"type": "service_account"}' });
    expect(key).toMatchObject({ credentials: { type: "service_account" } });
    const identity = destinationOf({ ...bigquery, credentials: '{"type": "external_account"}' });
    expect(identity).toMatchObject({ workload_identity: { type: "external_account" } });
    expect(destinationOf(bigquery)).not.toHaveProperty("credentials");
    expect(destinationOf({ ...bigquery, credentials: "no JSON" })).toBe("The credentials are not a JSON object.");
  });
});

describe("an environment's form", () => {
  it("sends origins by line, and no limit where none is given", () => {
    const form = {
      ...emptyEnvironment("rev_1"),
      name: " Live ",
      allowed_origins: "https://a.example\n\n https://b.example",
    };
    expect(settingsOf(form)).toEqual({
      name: "Live",
      destination: { type: "s3", managed: true },
      on_invalid: "quarantine",
      allowed_origins: ["https://a.example", "https://b.example"],
      rate_limit: null,
      streams: 1,
      store_addresses: false,
    });
  });
});
