import { Alert } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import { failureFrom, type Failure } from "@/api/problem";

/**
 * Put the API's faults at the fields they name: `/destination/bucket` goes to the field `destination.bucket`.
 * What no field stands for is in the answer, to be shown by `FormFailure`.
 */
export function faultsToFields<Values>(form: UseFormReturnType<Values>, error: unknown): Failure {
  const failure = failureFrom(error);
  const left = failure.faults.filter((fault) => {
    const path = fault.pointer.split("/").slice(1).join(".");
    const isField = path !== "" && form.getInputNode(path) !== null;
    if (isField) form.setFieldError(path, fault.message);
    return !isField;
  });
  const message = failure.faults.length > 0 && left.length === 0 ? "" : failure.message;
  return { ...failure, faults: left, message };
}

/** What a form could not be saved for, beyond what stands at its fields. */
export function FormFailure({ failure }: { failure: Failure | null }) {
  if (failure === null || failure.message === "") return null;
  return (
    <Alert color="red" variant="light" role="alert">
      {failure.message}
      {failure.faults.length > 0 && (
        <ul style={{ margin: "4px 0 0", paddingInlineStart: 20 }}>
          {failure.faults.map((fault) => (
            <li key={`${fault.pointer} ${fault.code}`}>
              <span className="mono">{fault.pointer}</span> {fault.message}
            </li>
          ))}
        </ul>
      )}
    </Alert>
  );
}
