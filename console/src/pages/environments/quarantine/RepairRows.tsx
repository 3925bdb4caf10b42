import { ActionIcon, Button, Group, Select, Stack, TextInput, Tooltip } from "@mantine/core";
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
}

/** What is done to each event before it is validated again, in order. */
export function RepairRows({ rows, onChange }: Props) {
  if (rows.length === 0) return null;
  return (
    <Stack gap="xs" role="group" aria-label="Repairs">
      {rows.map((row, index) => (
        <Row
          key={row.id}
          row={row}
          number={index + 1}
          onChange={(changes) => onChange(rows.map((one) => (one.id === row.id ? { ...one, ...changes } : one)))}
          onRemove={() => onChange(rows.filter(({ id }) => id !== row.id))}
        />
      ))}
    </Stack>
  );
}

/** Adds a repair: any, or the one that may help the group that is looked at. */
export function AddRepair({ rows, onChange, group }: Props & { group: { code?: string; pointer?: string } }) {
  const suggested = suggestedFor(group);
  const isOffered =
    suggested !== null && !rows.some(({ kind, pointer }) => kind === suggested.kind && pointer === suggested.pointer);
  const add = (row: Omit<RepairRow, "id">) =>
    onChange([...rows, { ...row, id: Math.max(0, ...rows.map(({ id }) => id)) + 1 }]);
  if (rows.length >= MAX_REPAIRS) return null;
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconPlus size={16} />}
        onClick={() => add({ kind: "number_from_text", pointer: group.pointer ?? "", argument: "" })}
      >
        Add a repair
      </Button>
      {isOffered && (
        <Button variant="light" leftSection={<IconTool size={16} />} onClick={() => add(suggested)}>
          {KINDS[suggested.kind].label} at {suggested.pointer}
        </Button>
      )}
    </>
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
