/** A target over HTTP as a form holds it, and as the API takes it. */

import type { Model } from "@/api/types";

export interface HttpForm {
  url: string;
  /** `Name: value`, one per line; empty keeps those that are there, whose values nobody sees. */
  headers: string;
  /** Names of the headers that are there. */
  header_names: string[];
  drop_headers: boolean;
  format: "ndjson" | "json";
  /** Empty: as many as the API's default. */
  max_events: number | "";
  sign: boolean;
  new_signing_secret: boolean;
}

export const EMPTY_HTTP: HttpForm = {
  url: "",
  headers: "",
  header_names: [],
  drop_headers: false,
  format: "ndjson",
  max_events: "",
  sign: true,
  new_signing_secret: false,
};

export function httpFormFrom(shown: Model<"ShownHttpDestination">): HttpForm {
  const { url, header_names, format, max_events, sign } = shown;
  return { ...EMPTY_HTTP, url, header_names, format, max_events, sign };
}

export function httpDestinationOf(form: HttpForm): Model<"HttpDestination"> {
  const { url, format, sign } = form;
  const written = form.headers.trim() !== "";
  return {
    type: "http",
    url: url.trim(),
    format,
    sign,
    ...(form.max_events === "" ? {} : { max_events: form.max_events }),
    ...(written || form.drop_headers ? { headers: written ? headersFrom(form.headers) : {} } : {}),
    ...(sign && form.new_signing_secret ? { new_signing_secret: true } : {}),
  };
}

/** What a line lacks is left to the API, which names the header that is wrong. */
function headersFrom(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return colon < 0 ? [line.trim(), ""] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
}
