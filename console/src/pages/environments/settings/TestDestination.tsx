import { Group, Stack, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlugConnected } from "@tabler/icons-react";

import { api } from "@/api/client";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { faultsToFields } from "@/components/FormFailure";
import { CheckOutcome } from "@/pages/environments/settings/DestinationCheck";
import { destinationOf } from "@/pages/environments/settings/destination_form";
import { STANDS, type EnvironmentForm } from "@/pages/environments/settings/environment_form";

/** A button that tries the destination as it is written here, before anything is made. */
export function TestDestination({ form }: { form: UseFormReturnType<EnvironmentForm> }) {
  const refused = useRefusal("editor");
  const check = api.useMutation("post", "/v1/destinations/check", {
    meta: { showsFailures: true, changesNothing: true },
    onError: (error) => faultsToFields(form, error, STANDS),
  });
  const start = () => {
    const destination = destinationOf(form.values.destination);
    if (typeof destination === "string") form.setFieldError("destination.credentials", destination);
    else check.mutate({ body: { destination } });
  };
  // What came of other settings says nothing of these.
  const isOfThese =
    check.variables !== undefined &&
    JSON.stringify(destinationOf(form.values.destination)) === JSON.stringify(check.variables.body.destination);
  const hasFaults = check.isError && Object.keys(form.errors).some((path) => path.startsWith("destination."));
  return (
    <Stack gap="sm" align="flex-start">
      <Group gap="sm">
        <ActionButton
          size="xs"
          variant="default"
          leftSection={<IconPlugConnected size={14} />}
          loading={check.isPending}
          refused={refused}
          onClick={start}
        >
          Test
        </ActionButton>
        <Text size="sm" c="dimmed">
          Tries it as it is written here. Saves nothing.
        </Text>
      </Group>
      {isOfThese && !hasFaults && <CheckOutcome check={{ ...check, start }} />}
    </Stack>
  );
}
