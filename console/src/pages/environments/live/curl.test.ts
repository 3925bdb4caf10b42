import { expect, test } from "vitest";

import { curlOf } from "@/pages/environments/live/curl";

test("a quote in an event ends no quote of the shell", () => {
  expect(curlOf("https://in.example/e/1", `{"name": "O'Hara $HOME"}`)).toBe(
    `curl -sS 'https://in.example/e/1' -H 'Content-Type: application/json' ` +
      `--data-binary '{"name": "O'\\''Hara $HOME"}'`,
  );
});
