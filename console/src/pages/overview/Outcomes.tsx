import { ColorSwatch, Group, Paper, Progress, Stack, Text, Title } from "@mantine/core";

import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { OUTCOMES } from "@/pages/overview/outcome_kinds";
import { percent } from "@/text/units";

type Counts = Model<"UsageCounts">;

/** What became of every event. */
export function Outcomes({ totals }: { totals: Counts }) {
  const outcomes = OUTCOMES.map((outcome) => ({
    ...outcome,
    color: `var(${outcome.color})`,
    count: outcome.count(totals),
  }));
  const sum = outcomes.reduce((total, outcome) => total + outcome.count, 0);
  return (
    <Paper h="100%">
      <Stack>
        <Title order={3}>Events by outcome</Title>
        {sum === 0 ? (
          <Text c="dimmed">No events in this period.</Text>
        ) : (
          <>
            <Progress.Root size="lg" aria-hidden>
              {outcomes.map((outcome) => (
                <Progress.Section
                  key={outcome.id}
                  value={(outcome.count / sum) * 100}
                  color={outcome.color}
                  aria-hidden
                />
              ))}
            </Progress.Root>
            <Stack gap={8}>
              {outcomes.map((outcome) => (
                <Group key={outcome.id} gap="sm" wrap="nowrap">
                  <ColorSwatch color={outcome.color} size={10} withShadow={false} />
                  <Text flex={1}>{outcome.label}</Text>
                  <Text c="dimmed" size="sm" className="figures">
                    {percent(outcome.count / sum)}
                  </Text>
                  <Text fw={600} miw={56} ta="end" component="div">
                    <Amount value={outcome.count} />
                  </Text>
                </Group>
              ))}
            </Stack>
          </>
        )}
      </Stack>
    </Paper>
  );
}
