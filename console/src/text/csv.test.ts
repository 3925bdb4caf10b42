import { expect, it } from "vitest";

import { csvText } from "@/text/csv";

it("quotes what holds a comma, a quote or a new line", () => {
  expect(csvText([["a,b", 'say "x"', "two\nlines", "plain"], ["1"]])).toBe(
    '"a,b","say ""x""","two\nlines",plain\r\n1\r\n',
  );
});

it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1"])("lets no spreadsheet compute %j", (text) => {
  expect(
    csvText([[text]])
      .replace(/^"/, "")
      .startsWith("'"),
  ).toBe(true);
});
