import { Group, Stack, Text, Title } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";

interface Props {
  title: string;
  lead: string;
  /** What its button says, which asks for a further one. */
  add: string;
  onAdd: () => void;
  children: ReactNode;
}

/** One kind of settings on a page that has several; editors add to it. */
export function SettingPart({ title, lead, add, onAdd, children }: Props) {
  const refused = useRefusal("editor");
  return (
    <Stack gap="sm" component="section" aria-label={title}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={2} flex={1} miw={{ base: "100%", xs: 200 }}>
          <Title order={3}>{title}</Title>
          <Text c="dimmed" size="sm">
            {lead}
          </Text>
        </Stack>
        <ActionButton variant="default" leftSection={<IconPlus size={16} />} refused={refused} onClick={onAdd}>
          {add}
        </ActionButton>
      </Group>
      {children}
    </Stack>
  );
}
