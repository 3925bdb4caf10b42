import { Alert, Badge, Group, Stack, Text } from "@mantine/core";
import { IconBellRinging } from "@tabler/icons-react";

import type { Model } from "@/api/types";
import { LinkButton } from "@/components/LinkButton";
import { RelativeTime } from "@/components/RelativeTime";
import { useFiring } from "@/pages/environments/alerts/use_alerts";

interface Props {
  environment: Model<"Environment">;
}

/** The alerts of an environment that fire, with what is the case. */
export function Firing({ environment }: Props) {
  const firing = useFiring(environment.endpoint_id, environment.id);
  if (firing.length === 0) return null;
  return (
    <Alert color="red" icon={<IconBellRinging size={18} />} py="xs">
      <Group justify="space-between" gap="sm">
        <Stack gap={2} flex={1} miw={220}>
          <Text size="sm" fw={600} c="var(--mantine-color-error)">
            {firing.length === 1 ? "1 alert fires" : `${firing.length} alerts fire`}
          </Text>
          {firing.map(({ id, name, text, since }) => (
            <Text key={id} size="sm" style={{ overflowWrap: "anywhere" }}>
              <strong>{name}</strong>, since <RelativeTime at={since} />: {text}
            </Text>
          ))}
        </Stack>
        <LinkButton
          size="xs"
          variant="default"
          to="/endpoints/$endpointId/environments/$environmentId/alerts"
          params={{ endpointId: environment.endpoint_id, environmentId: environment.id }}
        >
          Show alerts
        </LinkButton>
      </Group>
    </Alert>
  );
}

/** How many alerts of an environment fire; nothing where none does. */
export function FiringBadge({ environment }: Props) {
  const firing = useFiring(environment.endpoint_id, environment.id);
  if (firing.length === 0) return null;
  return (
    <Badge color="red" leftSection={<IconBellRinging size={12} aria-hidden />}>
      {firing.length === 1 ? "1 alert" : `${firing.length} alerts`}
    </Badge>
  );
}
