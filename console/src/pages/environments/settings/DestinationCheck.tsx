import { Alert, Box, Group, List, Loader, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconCircleDashed, IconCircleX, IconPlugConnected } from "@tabler/icons-react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { Failed } from "@/components/Failed";
import { STATE_TEXT, stepText, verdict } from "@/pages/environments/settings/destination_check";

/** Tries the destination of an environment as it is saved; nothing is changed. */
function useDestinationCheck(environment: Model<"Environment">) {
  const check = api.useMutation("post", "/v1/environments/{environment_id}/destination/check", {
    meta: { showsFailures: true, changesNothing: true },
  });
  return { ...check, start: () => check.mutate({ params: { path: { environment_id: environment.id } } }) };
}

interface Props {
  environment: Model<"Environment">;
  /** What is written here is not what is saved, and so not what would be tried. */
  isChanged: boolean;
}

/** A button that tries the saved destination, and what came of each step. */
export function DestinationCheck({ environment, isChanged }: Props) {
  const refused = useRefusal("editor");
  const check = useDestinationCheck(environment);
  return (
    <Stack gap="sm" align="flex-start">
      <Group gap="sm">
        <ActionButton
          size="xs"
          variant="default"
          leftSection={<IconPlugConnected size={14} />}
          loading={check.isPending}
          refused={refused !== false ? refused : isChanged && "Save first: the saved settings are tested."}
          onClick={check.start}
        >
          Try it now
        </ActionButton>
        <Text size="sm" c="dimmed">
          {isChanged ? "Save first: the saved settings are tested." : "Tests the saved settings. Changes nothing."}
        </Text>
      </Group>
      <CheckOutcome check={check} />
    </Stack>
  );
}

interface Tried {
  isPending: boolean;
  isError: boolean;
  error: unknown;
  data: Model<"DestinationCheck"> | undefined;
  start: () => void;
}

/** What became of a try: while it runs, its steps, or why there could be none. */
export function CheckOutcome({ check }: { check: Tried }) {
  if (check.isPending) {
    return (
      <Group gap="xs" role="status">
        <Loader size="xs" />
        <Text size="sm">Trying every step …</Text>
      </Group>
    );
  }
  if (check.isError) {
    return <Failed error={check.error} title="The destination could not be tried" onRetry={check.start} />;
  }
  if (check.data === undefined) return null;
  const { ok, checks } = check.data;
  const { text, proven } = verdict(check.data);
  return (
    <Alert role="status" w="100%" color={proven ? "pine" : ok ? "gray" : "red"} title={text}>
      {checks.length > 0 && (
        <List spacing="xs" size="sm" listStyleType="none" aria-label="Steps">
          {checks.map((step) => (
            <List.Item key={step.name} icon={MARK[step.state]}>
              {stepText(step.name)}
              <span className="said">: {STATE_TEXT[step.state]}</span>
              {step.reason !== null && (
                <Box style={{ overflowWrap: "anywhere" }} fw={step.state === "failed" ? 600 : undefined}>
                  {step.reason}
                </Box>
              )}
            </List.Item>
          ))}
        </List>
      )}
    </Alert>
  );
}

const MARK = {
  passed: <IconCircleCheck size={18} color="var(--mantine-color-pine-text)" aria-hidden />,
  failed: <IconCircleX size={18} color="var(--mantine-color-red-text)" aria-hidden />,
  not_tested: <IconCircleDashed size={18} color="var(--mantine-color-dimmed)" aria-hidden />,
};
