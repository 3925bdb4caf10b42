import { Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  title: string;
  lead: string;
  action: ReactNode;
  children: ReactNode;
}

/** One kind of settings on a page that has several. */
export function SettingPart({ title, lead, action, children }: Props) {
  return (
    <Stack gap="sm" component="section" aria-label={title}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={2} flex={1} miw={{ base: "100%", xs: 200 }}>
          <Title order={3}>{title}</Title>
          <Text c="dimmed" size="sm">
            {lead}
          </Text>
        </Stack>
        {action}
      </Group>
      {children}
    </Stack>
  );
}
