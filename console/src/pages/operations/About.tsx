import { Group, Stack, Text } from "@mantine/core";

import type { Model } from "@/api/types";
import { CopyField } from "@/components/Copy";
import { OfEnvironment } from "@/pages/operations/OfEnvironment";

const TITLES: Record<string, string> = {
  environment_id: "Environment",
  event_id: "Event",
  redrive_id: "Redrive",
  trial_id: "Trial",
  stream: "Stream",
  action: "Action",
  step: "Step",
};

const OF_THE_ENVIRONMENT = ["environment_id", "stream"];

/** Whose a dead letter is, as far as it says so. */
export function About({ about, environment }: Pick<Model<"DeadLetter">, "about" | "environment">) {
  // A stream is named after its environment.
  const facts = Object.entries(about).filter(([name]) => environment === null || !OF_THE_ENVIRONMENT.includes(name));
  if (facts.length === 0 && environment === null) {
    return (
      <Text size="sm" c="dimmed">
        It does not say
      </Text>
    );
  }
  return (
    <Stack gap={2}>
      {environment !== null && <OfEnvironment id={environment.id} environment={environment} />}
      {facts.map(([name, value]) => {
        const title = TITLES[name] ?? name;
        return (
          <Group key={name} gap={6} wrap="nowrap" miw={0} fw={400}>
            <Text size="sm" c="dimmed" flex="none">
              {title}
            </Text>
            <CopyField value={value} label={`Copy: ${title} ${value}`} />
          </Group>
        );
      })}
    </Stack>
  );
}
