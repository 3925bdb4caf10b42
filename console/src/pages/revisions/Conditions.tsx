import { ActionIcon, Autocomplete, Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";

import { distinct } from "@/components/options";
import { MAX_WHEN_POINTERS, type Condition, type Node } from "@/pages/revisions/field";
import type { Fault } from "@/pages/revisions/checks";

interface Props {
  node: Node;
  faults: readonly Fault[];
  /** Pointers that other fields are limited by. */
  known: readonly string[];
  patch: (changes: { when: Condition[] }) => void;
  mayChange: boolean;
}

/** In which events a field is in force. */
export function Conditions({ node, faults, known, patch, mayChange }: Props) {
  const { when } = node;
  if (when.length === 0 && !mayChange) return null;
  const faultOf = (property: string) => faults.find((fault) => fault.property === property)?.message;
  // The API names a condition by its pointer: such faults stand at the first one.
  const ofAll = faultOf("when") ?? faults.find(({ property }) => /^when\.(?!\d+$)/.test(property))?.message;
  const set = (index: number, changes: Partial<Condition>) =>
    patch({ when: when.map((condition, at) => (at === index ? { ...condition, ...changes } : condition)) });
  const next = known.find((pointer) => !when.some((condition) => condition.pointer === pointer)) ?? "/type";
  return (
    <Stack gap="xs" component="section" aria-label="Events">
      <Text fw={600} size="sm">
        Events
      </Text>
      <Text size="sm" c="dimmed">
        {when.length === 0
          ? "In force in every event."
          : "In force only in events where every pointer has one of its values. Elsewhere the field does not exist."}
      </Text>
      {ofAll !== undefined && (
        <Text size="sm" c="var(--mantine-color-error)">
          {ofAll}
        </Text>
      )}
      {when.map((condition, index) => (
        <Group key={index} align="flex-start" wrap="nowrap" gap="xs">
          <Stack gap={4} flex={1}>
            <Autocomplete
              label={index === 0 ? "Where" : "and where"}
              placeholder="/type"
              classNames={{ input: "mono" }}
              spellCheck={false}
              data={distinct(known)}
              value={condition.pointer}
              error={faultOf(`when.${index}`)}
              readOnly={!mayChange}
              onChange={(pointer) => set(index, { pointer })}
            />
            <Textarea
              label="is one of"
              description="One text a line; numbers and booleans as a JSON array."
              classNames={{ input: "mono" }}
              autosize
              maxRows={8}
              spellCheck={false}
              value={condition.text}
              readOnly={!mayChange}
              onChange={(event) => set(index, { text: event.currentTarget.value })}
            />
          </Stack>
          {mayChange && (
            <ActionIcon
              mt={24}
              aria-label={`Delete the condition ${condition.pointer}`}
              onClick={() => patch({ when: when.toSpliced(index, 1) })}
            >
              <IconTrash size={16} />
            </ActionIcon>
          )}
        </Group>
      ))}
      {mayChange && when.length < MAX_WHEN_POINTERS && (
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={14} />}
          style={{ alignSelf: "flex-start" }}
          onClick={() => patch({ when: [...when, { pointer: next, text: "" }] })}
        >
          {when.length === 0 ? "Limit to some events" : "Add a condition"}
        </Button>
      )}
    </Stack>
  );
}
