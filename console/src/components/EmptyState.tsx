import { Center, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  icon?: ReactNode;
  title: string;
  /** What to do next, or why nothing is here. */
  children: ReactNode;
  action?: ReactNode;
}

/** What stands where nothing is yet. */
export function EmptyState({ icon, title, children, action }: Props) {
  return (
    <Center py={56} px="md">
      <Stack align="center" gap="sm" maw={460}>
        {icon !== undefined && <Text c="dimmed">{icon}</Text>}
        <Title order={2} ta="center">
          {title}
        </Title>
        <Text c="dimmed" ta="center" component="div" style={{ textWrap: "balance" }}>
          {children}
        </Text>
        {action}
      </Stack>
    </Center>
  );
}
