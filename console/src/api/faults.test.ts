import { expect, it } from "vitest";

import { headingOf, placeFaults } from "@/api/faults";
import type { Failure } from "@/api/problem";

const FIELDS = ["name", "destination.credentials", "destination.bucket", "allowed_origins"];
const isField = (path: string) => FIELDS.includes(path);

function failure(faults: [string, string][], code = "invalid_request", message = "The request has faults."): Failure {
  const listed = faults.map(([pointer, said]) => ({ pointer, code: "x", message: said }));
  return { code, status: 422, message, faults: listed, requestId: null };
}

it("shows a fault at the nearest field that contains it, and names the rest", () => {
  const { atFields, left } = placeFaults(
    failure([
      ["/destination/bucket", "Must be a bucket."],
      ["/destination/credentials/private_key_id", "This field is required."],
      ["/destination/credentials/client_email", "Must be an address."],
      ["/allowed_origins/3", "Must be an origin."],
    ]),
    isField,
  );
  expect(Object.fromEntries(atFields)).toEqual({
    "destination.bucket": "Must be a bucket.",
    "destination.credentials": "private_key_id: This field is required. client_email: Must be an address.",
    allowed_origins: "Must be an origin.",
  });
  expect(left).toMatchObject({ faults: [], message: "" });
});

it("shows what is typed into another field there", () => {
  const stands = { "destination.workload_identity": "destination.credentials" };
  const { atFields } = placeFaults(failure([["/destination/workload_identity/audience", "Bad."]]), isField, stands);
  expect(atFields.get("destination.credentials")).toBe("audience: Bad.");
});

it("puts a name that is taken at the name", () => {
  const taken = failure([], "name_taken", "An endpoint has this name.");
  expect(placeFaults(taken, isField).atFields.get("name")).toBe("An endpoint has this name.");
  expect(placeFaults(taken, isField).left.message).toBe("");
  expect(placeFaults(taken, () => false).left.message).toBe("An endpoint has this name.");
});

it("names what no field stands for", () => {
  const { atFields, left } = placeFaults(
    failure([
      ["/streams", "Too many."],
      ["", "No object."],
    ]),
    isField,
  );
  expect(atFields.size).toBe(0);
  expect(left.message).toBe("The request has faults.");
  expect(left.faults.map(({ pointer }) => pointer)).toEqual(["/streams", ""]);
  expect(placeFaults(failure([], "conflict", "Changed since."), isField).left.message).toBe("Changed since.");
  const some = placeFaults(
    failure([
      ["/name", "Too long."],
      ["/streams", "Too many."],
    ]),
    isField,
  );
  expect(some.left.message).toBe("Fix the fields marked below.");
  expect(some.left.faults.map(({ pointer }) => pointer)).toEqual(["/streams"]);
});

it("does not say the first of the faults twice above their list", () => {
  const faults: [string, string][] = [
    ["/name", "Must be a string."],
    ["/role", "This field is required."],
  ];
  const told = failure(faults, "invalid_request", "/name: Must be a string. 1 more fault.");
  expect(headingOf(told)).toBe("Fix these faults first:");
  expect(headingOf(failure([["", "Must be an object."]], "invalid_request", "Must be an object."))).toBe(
    "Fix these faults first:",
  );
  expect(headingOf(failure(faults))).toBe("The request has faults.");
  expect(headingOf(failure([], "conflict", "Try again."))).toBe("Try again.");
});
