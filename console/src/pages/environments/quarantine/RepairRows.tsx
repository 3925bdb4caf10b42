import { ActionIcon, Button, Group, Select, Stack, Text, TextInput, Tooltip } from "@mantine/core";
import { IconPlus, IconTool, IconX } from "@tabler/icons-react";

import {
  KINDS,
  MAX_REPAIRS,
  faultsOf,
  suggestedFor,
  type RepairKind,
  type RepairRow,
} from "@/pages/environments/quarantine/repairs";

const CHOICES = Object.entries(KINDS).map(([value, { label }]) => ({ value: value as RepairKind, label }));
const EXAMPLES = { to: "price", value: '"EUR"' };

interface Props {
  rows: readonly RepairRow[];
  onChange: (rows: RepairRow[]) => void;
  /** The group that is looked at, whose events may all need the same. */
  group: { code?: string; pointer?: string };
}

/** What is done to each event before it is validated again, in order. */
export function RepairRows({ rows, onChange, group }: Props) {
  const suggested = suggestedFor(group);
  const isOffered =
    suggested !== null && !rows.some(({ kind, pointer }) => kind === suggested.kind && pointer === suggested.pointer);
  const add = (row: Omit<RepairRow, "id">) =>
    onChange([...rows, { ...row, id: Math.max(0, ...rows.map(({ id }) => id)) + 1 }]);
  const change = (id: number, changes: Partial<RepairRow>) =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...changes } : row)));
  return (
    <Stack gap="xs" component="section" aria-label="Repairs">
      {rows.map((row, index) => (
        <Row
          key={row.id}
          row={row}
          number={index + 1}
          onChange={(changes) => change(row.id, changes)}
          onRemove={() => onChange(rows.filter(({ id }) => id !== row.id))}
        />
      ))}
      <Group gap="xs">
        {rows.length < MAX_REPAIRS && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPlus size={14} />}
            onClick={() => add({ kind: "number_from_text", pointer: group.pointer ?? "", argument: "" })}
          >
            Add a repair
          </Button>
        )}
        {isOffered && rows.length < MAX_REPAIRS && (
          <Button size="compact-sm" variant="light" leftSection={<IconTool size={14} />} onClick={() => add(suggested)}>
            {KINDS[suggested.kind].label} at {suggested.pointer}
          </Button>
        )}
        {rows.length === 0 && (
          <Text size="sm" c="dimmed">
            Repairs change events whose data are wrong. What is in quarantine stays as it came.
          </Text>
        )}
      </Group>
    </Stack>
  );
}

interface RowProps {
  row: RepairRow;
  number: number;
  onChange: (changes: Partial<RepairRow>) => void;
  onRemove: () => void;
}

function Row({ row, number, onChange, onRemove }: RowProps) {
  const { takes } = KINDS[row.kind];
  const faults = faultsOf(row);
  return (
    <Group gap="xs" align="flex-start" wrap="wrap">
      <Select
        aria-label={`Repair ${number}`}
        data={CHOICES}
        allowDeselect={false}
        value={row.kind}
        onChange={(kind) => kind !== null && onChange({ kind })}
        w={{ base: "100%", xs: 220 }}
      />
      <TextInput
        aria-label={`Place of repair ${number}`}
        placeholder="/items/*/price"
        className="mono"
        maxLength={256}
        value={row.pointer}
        error={row.pointer === "" ? undefined : faults.pointer}
        onChange={(event) => onChange({ pointer: event.currentTarget.value })}
        w={{ base: "calc(100% - 48px)", xs: 220 }}
      />
      {takes !== undefined && (
        <TextInput
          aria-label={takes === "to" ? `New key of repair ${number}` : `Value of repair ${number}, as JSON`}
          placeholder={EXAMPLES[takes]}
          className="mono"
          value={row.argument}
          error={row.argument === "" ? undefined : faults.argument}
          onChange={(event) => onChange({ argument: event.currentTarget.value })}
          w={{ base: "calc(100% - 48px)", xs: 160 }}
        />
      )}
      <Tooltip label={`Remove repair ${number}`}>
        <ActionIcon size={36} color="gray" aria-label={`Remove repair ${number}`} onClick={onRemove}>
          <IconX size={16} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
