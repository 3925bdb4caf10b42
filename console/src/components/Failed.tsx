import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";

import { failureFrom } from "@/api/problem";

interface Props {
  error: unknown;
  onRetry?: () => void;
  /** What could not be done, such as `The endpoints could not be loaded.` */
  title?: string;
}

/** Why something is not shown, with a way to try again. */
export function Failed({ error, onRetry, title = "This could not be loaded" }: Props) {
  const failure = failureFrom(error);
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} title={title}>
      <Text size="sm">{failure.message}</Text>
      {failure.requestId !== null && failure.requestId !== "" && (
        <Text size="xs" c="dimmed" mt={4}>
          Request <span className="mono">{failure.requestId}</span>
        </Text>
      )}
      {onRetry !== undefined && (
        <Group mt="sm">
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        </Group>
      )}
    </Alert>
  );
}
