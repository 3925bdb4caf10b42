import { ActionIcon, Button, Checkbox, Group, Select, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";

import { blankField, type TypedField } from "@/pages/revisions/event_type";
import { TYPE_GROUPS } from "@/pages/revisions/types";
import { hasChildren } from "@/pages/revisions/field";

/** Fields that hold others are made of a sample or in the designer. */
const TYPE_DATA = TYPE_GROUPS.map(({ group, types }) => ({
  group,
  items: types.filter((type) => !hasChildren(type)),
})).filter(({ items }) => items.length > 0);

interface Props {
  rows: readonly TypedField[];
  faults: ReadonlyMap<number, string>;
  onChange: (rows: TypedField[]) => void;
}

/** The fields of one event as they are typed, a row each. */
export function EventFields({ rows, faults, onChange }: Props) {
  const patch = (id: number, changes: Partial<TypedField>) =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...changes } : row)));
  return (
    <Stack gap="sm" role="group" aria-label="Fields of the event">
      {rows.map(({ id, sentAs, type, required }, index) => (
        <Group key={id} gap="sm" align="flex-start">
          <TextInput
            aria-label={`Key of field ${index + 1}`}
            placeholder="orderId"
            classNames={{ input: "mono" }}
            style={{ flex: "1 1 180px" }}
            spellCheck={false}
            autoComplete="off"
            value={sentAs}
            error={faults.get(id)}
            onChange={(event) => patch(id, { sentAs: event.currentTarget.value })}
          />
          <Select
            aria-label={`Type of field ${index + 1}`}
            style={{ flex: "1 1 140px" }}
            data={TYPE_DATA}
            allowDeselect={false}
            value={type}
            onChange={(value) => {
              if (value !== null) patch(id, { type: value });
            }}
          />
          <Group gap="xs" h={36} wrap="nowrap">
            <Checkbox
              label="Required"
              aria-label={`Field ${index + 1} is required`}
              checked={required}
              onChange={(event) => patch(id, { required: event.currentTarget.checked })}
            />
            <ActionIcon
              aria-label={`Delete field ${index + 1}`}
              disabled={rows.length === 1}
              onClick={() => onChange(rows.filter((row) => row.id !== id))}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        </Group>
      ))}
      <Group>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={14} />}
          onClick={() => onChange([...rows, blankField(1 + Math.max(0, ...rows.map(({ id }) => id)))])}
        >
          Add a field
        </Button>
      </Group>
    </Stack>
  );
}
