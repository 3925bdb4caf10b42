import { describe, expect, it } from "vitest";

import { EMPTY_HTTP, httpDestinationOf, httpFormFrom } from "@/pages/environments/settings/http_form";

const FORM = { ...EMPTY_HTTP, url: " https://example.com/events " };
const SENT = { type: "http", url: "https://example.com/events", format: "ndjson", sign: true };

describe("the form of a target over HTTP", () => {
  it("leaves what is empty to the API's defaults, and to the secrets that are there", () => {
    expect(httpDestinationOf(FORM)).toEqual(SENT);
  });

  it("sends headers by line, and of one that is no header what there is of it", () => {
    const headers = "Authorization: Bearer a:b\n\n X-Team :web\nwrong";
    expect(httpDestinationOf({ ...FORM, headers })).toEqual({
      ...SENT,
      headers: { Authorization: "Bearer a:b", "X-Team": "web", wrong: "" },
    });
  });

  it("removes all headers only where that is asked for and none are written", () => {
    expect(httpDestinationOf({ ...FORM, drop_headers: true })).toEqual({ ...SENT, headers: {} });
    expect(httpDestinationOf({ ...FORM, drop_headers: true, headers: "X-A: 1" })).toEqual({
      ...SENT,
      headers: { "X-A": "1" },
    });
  });

  it("asks for a new secret only where requests are signed", () => {
    expect(httpDestinationOf({ ...FORM, new_signing_secret: true })).toEqual({ ...SENT, new_signing_secret: true });
    expect(httpDestinationOf({ ...FORM, new_signing_secret: true, sign: false })).toEqual({ ...SENT, sign: false });
  });

  it("is filled with what is shown, without secrets", () => {
    const form = httpFormFrom({
      type: "http",
      url: "https://example.com/",
      header_names: ["X-A"],
      format: "json",
      max_events: 9,
      sign: false,
      signing_secret: null,
    });
    expect(form).toEqual({
      ...EMPTY_HTTP,
      url: "https://example.com/",
      header_names: ["X-A"],
      format: "json",
      max_events: 9,
      sign: false,
    });
    expect(httpDestinationOf(form)).toEqual({
      type: "http",
      url: "https://example.com/",
      format: "json",
      max_events: 9,
      sign: false,
    });
  });
});
