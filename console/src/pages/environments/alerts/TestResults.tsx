import { Alert } from "@mantine/core";

import type { Model } from "@/api/types";

interface Props {
  /** Null: no test was sent. */
  results: Model<"Tested">[] | null;
  onClose: () => void;
}

/** Whether a test reached its targets. */
export function TestResults({ results, onClose }: Props) {
  if (results === null) return null;
  const isAllSent = results.every(({ sent }) => sent);
  return (
    <Alert
      color={isAllSent ? "pine" : "red"}
      variant="light"
      role="status"
      withCloseButton
      closeButtonLabel="Close the test’s results"
      onClose={onClose}
      title={isAllSent ? "The test was sent" : "The test did not reach every target"}
    >
      <ul style={{ margin: 0, paddingInlineStart: 20, overflowWrap: "anywhere" }}>
        {results.map(({ target_id: id, name, sent, error }) => (
          <li key={id}>
            {name}: {sent ? "sent" : error}
          </li>
        ))}
      </ul>
    </Alert>
  );
}
