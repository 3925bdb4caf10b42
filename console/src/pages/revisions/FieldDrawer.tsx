import { Button, Drawer, Group, Kbd, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { getHotkeyHandler } from "@mantine/hooks";
import { IconLock } from "@tabler/icons-react";
import { useState } from "react";

import { FirstFocus, isHandedOn } from "@/components/FirstFocus";
import { distinct } from "@/components/options";
import { Conditions } from "@/pages/revisions/Conditions";
import {
  hasChildren,
  isArray,
  isTimestamp,
  macrosOf,
  mayBeProtected,
  presencesOf,
  PROTECTS,
  type Node,
  type Presence,
  type TimestampFormat,
} from "@/pages/revisions/field";
import { Rules } from "@/pages/revisions/Rules";
import type { FieldRow } from "@/pages/revisions/tree";
import { PROTECTIONS, TIMESTAMP_FORMATS, TYPE_EXAMPLES, TYPE_GROUPS } from "@/pages/revisions/types";
import type { Draft } from "@/pages/revisions/use_draft";

const PRESENCE: Record<Presence, string> = {
  required: "Required: an event without it is invalid",
  optional: "Optional: it may be missing",
  default: "Default: a value stands in for a missing one",
  macro: "Macro: the server fills it in",
};

const TYPE_DATA = TYPE_GROUPS.map(({ group, types }) => ({
  group,
  items: types.map((type) => ({ value: type, label: type })),
}));

const FORMAT_DATA = (Object.keys(TIMESTAMP_FORMATS) as TimestampFormat[]).map((format) => ({
  value: format,
  label: TIMESTAMP_FORMATS[format],
}));

const UNPROTECTED = "";

/** Everything of one field, changed as it is typed; the tree behind it keeps every step. */
export function FieldDrawer({ draft, mayChange }: { draft: Draft; mayChange: boolean }) {
  const row = draft.selected;
  return (
    <Drawer
      opened={row !== null}
      onClose={draft.close}
      title={row === null ? "" : row.node.key === "" ? "New field" : row.path}
      size="md"
    >
      <FirstFocus />
      {row !== null && <Fields key={row.node.id} row={row} draft={draft} mayChange={mayChange} />}
    </Drawer>
  );
}

function Fields({ row: { node, depth }, draft, mayChange }: { row: FieldRow; draft: Draft; mayChange: boolean }) {
  const faults = draft.faults(node.id);
  const faultAt = (property: string) =>
    faults.find((fault) => fault.property === property || fault.property.startsWith(`${property}.`));
  const patch = (changes: Partial<Omit<Node, "id" | "fields">>) => draft.step({ kind: "patch", id: node.id, changes });
  const common = { readOnly: !mayChange };
  const children = faultAt("fields");
  // A new field has no key because nobody has typed one yet.
  const [isLeft, setLeft] = useState(false);
  const addNext = () => {
    if (mayChange && node.key !== "") draft.addAfter(node.id);
  };
  return (
    <Stack onKeyDown={getHotkeyHandler([["mod+Enter", addNext]])}>
      <TextInput
        label="Key"
        description={mayChange ? "The name of the column. Enter adds the next field." : "The name of the column."}
        classNames={{ input: "mono" }}
        data-autofocus
        autoFocus
        spellCheck={false}
        autoComplete="off"
        value={node.key}
        error={node.key === "" && !isLeft ? undefined : faultAt("key")?.message}
        onBlur={(event) => setLeft((before) => before || !isHandedOn(event))}
        onChange={(event) => patch({ key: event.currentTarget.value })}
        onKeyDown={getHotkeyHandler([["Enter", addNext]])}
        {...common}
      />
      <Select
        label="Type"
        description={`For example ${TYPE_EXAMPLES[node.type]}`}
        data={TYPE_DATA}
        maxDropdownHeight={420}
        allowDeselect={false}
        searchable={mayChange}
        renderOption={({ option }) => (
          <div>
            <span className="mono">{option.label}</span>
            <Text size="xs" c="dimmed">
              {TYPE_EXAMPLES[option.value]}
            </Text>
          </div>
        )}
        value={node.type}
        error={faultAt("type")?.message}
        onChange={(value) => {
          if (value !== null) patch({ type: value });
        }}
        {...common}
      />
      {isTimestamp(node.type) && (
        <Select
          label="Format"
          data={FORMAT_DATA}
          allowDeselect={false}
          value={node.format === "" ? "unix_seconds" : node.format}
          error={faultAt("format")?.message}
          onChange={(value) => {
            if (value !== null) patch({ format: value === "unix_seconds" ? "" : value });
          }}
          {...common}
        />
      )}
      {(mayChange || node.from !== "") && (
        <TextInput
          label="Sent as"
          description="If it is not sent under the key: another key, or a path such as /context/library/name."
          placeholder={node.key === "" ? "the key" : node.key}
          classNames={{ input: "mono" }}
          spellCheck={false}
          autoComplete="off"
          value={node.from}
          error={faultAt("from")?.message}
          onChange={(event) => patch({ from: event.currentTarget.value })}
          {...common}
        />
      )}
      {children !== undefined && (
        <Group justify="space-between">
          <Text size="sm" c="var(--mantine-color-error)">
            {children.message}
          </Text>
          {mayChange && hasChildren(node.type) && (
            <Button size="xs" variant="default" onClick={() => draft.add(node.id)}>
              Add a child
            </Button>
          )}
        </Group>
      )}
      <Select
        label="Presence"
        data={distinct(presencesOf(node.type).map((presence) => ({ value: presence, label: PRESENCE[presence] })))}
        allowDeselect={false}
        value={node.presence}
        error={faultAt("presence")?.message}
        onChange={(value) => {
          if (value !== null) patch({ presence: value });
        }}
        {...common}
      />
      {node.presence === "default" && !hasChildren(node.type) && (
        <DefaultField node={node} fault={faultAt("default")?.message} patch={patch} readOnly={!mayChange} />
      )}
      {node.presence === "macro" && (
        <Select
          label="Macro"
          searchable
          data={distinct(macrosOf(node.type))}
          value={node.macro === "" ? null : node.macro}
          error={faultAt("macro")?.message}
          onChange={(value) => patch({ macro: value ?? "" })}
          {...common}
        />
      )}
      <Rules
        node={node}
        faultAt={(index) => faults.find(({ property }) => property === `rules.${index}`)?.message}
        patch={patch}
        mayChange={mayChange}
      />
      {mayBeProtected(node.type) && (mayChange || node.protect !== "") && (
        <Select
          label="Protection"
          description="What is stored in place of the value, after it was validated."
          leftSection={node.protect === "" ? undefined : <IconLock size={16} />}
          data={[
            { value: UNPROTECTED, label: "None: the value is stored as it is sent" },
            ...PROTECTS.map((protect) => ({ value: protect, label: PROTECTIONS[protect] })),
          ]}
          allowDeselect={false}
          value={node.protect}
          error={faultAt("protect")?.message}
          onChange={(value) => patch({ protect: value ?? UNPROTECTED })}
          {...common}
        />
      )}
      {depth === 1 && (
        <Conditions node={node} faults={faults} known={draft.whenPointers} patch={patch} mayChange={mayChange} />
      )}
      <Textarea
        label="Description"
        description="Becomes the column’s description in BigQuery."
        autosize
        minRows={2}
        maxRows={6}
        value={node.description}
        error={faultAt("description")?.message}
        onChange={(event) => patch({ description: event.currentTarget.value })}
        {...common}
      />
      <Group justify="space-between">
        {mayChange ? (
          <Text size="xs" c="dimmed" visibleFrom="xs">
            <Kbd size="xs">Ctrl</Kbd> + <Kbd size="xs">Enter</Kbd> adds the next field
          </Text>
        ) : (
          <span />
        )}
        <Button onClick={draft.close}>Done</Button>
      </Group>
    </Stack>
  );
}

interface DefaultProps {
  node: Node;
  fault: string | undefined;
  patch: (changes: { default: string }) => void;
  readOnly: boolean;
}

function DefaultField({ node, fault, patch, readOnly }: DefaultProps) {
  if (node.type === "BOOLEAN") {
    return (
      <Select
        label="Default"
        data={["true", "false"]}
        value={node.default === "" ? null : node.default}
        error={fault}
        readOnly={readOnly}
        onChange={(value) => patch({ default: value ?? "" })}
      />
    );
  }
  return (
    <Textarea
      label="Default"
      description={isArray(node.type) ? "A JSON array." : "Used when the key is missing or null."}
      classNames={{ input: "mono" }}
      autosize
      spellCheck={false}
      value={node.default}
      error={fault}
      readOnly={readOnly}
      onChange={(event) => patch({ default: event.currentTarget.value })}
    />
  );
}
