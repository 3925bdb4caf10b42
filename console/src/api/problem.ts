import type { Model } from "@/api/types";
import { Unreachable } from "@/api/transport";

export type FieldFault = Model<"FieldError">;

/** Why a request was not served, as far as a person needs it. */
export interface Failure {
  /** A code of the API, or `unreachable` or `unknown`, which are the console's own. */
  code: string;
  status: number;
  message: string;
  faults: FieldFault[];
  requestId: string | null;
}

/** Make what a query or mutation threw into something that can be shown. */
export function failureFrom(error: unknown): Failure {
  if (error instanceof Unreachable) {
    return { code: "unreachable", status: 0, message: error.message, faults: [], requestId: null };
  }
  if (isProblem(error)) {
    return {
      code: error.code,
      status: error.status,
      message: error.message,
      faults: error.errors ?? [],
      requestId: error.request_id,
    };
  }
  const message = error instanceof Error ? error.message : "The API’s answer could not be read.";
  return { code: "unknown", status: 0, message, faults: [], requestId: null };
}

function isProblem(error: unknown): error is Model<"Problem"> {
  return typeof error === "object" && error !== null && "code" in error && "message" in error && "status" in error;
}
