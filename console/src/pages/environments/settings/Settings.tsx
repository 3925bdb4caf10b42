import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";
import { ChangeForm } from "@/pages/environments/settings/ChangeForm";
import { DeleteEnvironment } from "@/pages/environments/settings/DeleteEnvironment";
import { SettingsFields } from "@/pages/environments/settings/SettingsFields";
import { useEnvironmentForm } from "@/pages/environments/settings/use_environment_form";

/** An environment's name, policy and limits, and its end. */
export function Settings() {
  return (
    <EnvironmentFrame title="Settings">
      {(environment) => (
        <Stack gap="lg">
          <Change environment={environment} />
          <End environment={environment} />
        </Stack>
      )}
    </EnvironmentFrame>
  );
}

function Change({ environment }: { environment: Model<"Environment"> }) {
  const change = useEnvironmentForm(environment);
  return (
    <ChangeForm change={change}>
      <SettingsFields form={change.form} />
    </ChangeForm>
  );
}

function End({ environment }: { environment: Model<"Environment"> }) {
  const navigate = useNavigate();
  const refused = useRefusal("admin");
  const [isAsked, setAsked] = useState(false);
  return (
    <Paper maw={760}>
      <Group justify="space-between" gap="sm">
        <div>
          <Title order={3}>Delete environment</Title>
          <Text size="sm" c="dimmed">
            Its address stops accepting events. Delivered data stays.
          </Text>
        </div>
        <ActionButton color="red" variant="light" refused={refused} onClick={() => setAsked(true)}>
          Delete…
        </ActionButton>
      </Group>
      <DeleteEnvironment
        environment={isAsked ? environment : null}
        onClose={() => setAsked(false)}
        onDeleted={() =>
          void navigate({
            to: "/endpoints/$endpointId/environments",
            params: { endpointId: environment.endpoint_id },
          })
        }
      />
    </Paper>
  );
}
