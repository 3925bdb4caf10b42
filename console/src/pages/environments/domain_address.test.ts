import { expect, test } from "vitest";

import { addressAt } from "@/pages/environments/domain_address";

test("an address at a domain has the scheme and the port of the environment's own", () => {
  expect(addressAt("events.example.com", "http://127.0.0.1:8000/e/env_1")).toBe("http://events.example.com:8000");
  expect(addressAt("events.example.com", "https://in.example.net/e/env_1")).toBe("https://events.example.com");
});
