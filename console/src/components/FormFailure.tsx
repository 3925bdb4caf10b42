import { Alert } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import { headingOf, placeFaults, type Placed, type Stands } from "@/api/faults";
import { failureFrom, type Failure } from "@/api/problem";
import { visible } from "@/text/laid_out";

/**
 * Put the API's faults at the nearest fields of the form, and the focus to the first of these. What no field stands for is
 * in the answer, to be shown by `FormFailure`.
 */
export function faultsToFields<Values>(form: UseFormReturnType<Values>, error: unknown, stands?: Stands): Failure {
  const nodeOf = (path: string) => (/^[\w.]+$/.test(path) ? form.getInputNode(path) : null);
  const { atFields, left } = placeFaults(failureFrom(error), (path) => nodeOf(path) !== null, stands);
  for (const [path, message] of atFields) form.setFieldError(path, message);
  const [first] = atFields.keys();
  if (first !== undefined) nodeOf(first)?.focus();
  return left;
}

/** The same of a form that keeps its own state: the messages by field, and what is left. */
export function faultsAt(error: unknown, fields: readonly string[], stands?: Stands): Placed {
  if (error === null || error === undefined) return { atFields: new Map(), left: NOTHING };
  return placeFaults(failureFrom(error), (path) => fields.includes(path), stands);
}

const NOTHING: Failure = { code: "", status: 0, message: "", faults: [], requestId: null };

/** What a form could not be saved for, beyond what stands at its fields. */
export function FormFailure({ failure }: { failure: Failure | null }) {
  if (failure === null || failure.message === "") return null;
  return (
    <Alert color="red" variant="light" role="alert">
      {headingOf(failure)}
      {failure.faults.length > 0 && (
        <ul style={{ margin: "4px 0 0", paddingInlineStart: 20 }}>
          {failure.faults.map((fault) => (
            <li key={`${fault.pointer} ${fault.code}`}>
              <span className="mono">{fault.pointer === "" ? "the request" : visible(fault.pointer)}</span>{" "}
              {fault.message}
            </li>
          ))}
        </ul>
      )}
    </Alert>
  );
}
