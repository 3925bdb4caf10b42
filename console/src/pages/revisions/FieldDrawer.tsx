import { ActionIcon, Button, Drawer, Group, Menu, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";

import {
  hasChildren,
  isArray,
  macrosOf,
  MAX_RULES,
  presencesOf,
  RULE_TYPES,
  TYPES,
  type Node,
  type Presence,
  type RuleDraft,
  type RuleName,
} from "@/pages/revisions/field";
import type { Draft } from "@/pages/revisions/use_draft";

const RULES = Object.keys(RULE_TYPES) as RuleName[];

const PRESENCE: Record<Presence, string> = {
  required: "Required: an event without it is invalid",
  optional: "Optional: it may be missing",
  default: "Default: a value stands in for a missing one",
  macro: "Macro: the server fills it in",
};

const ARGUMENT: Record<RuleName, string> = {
  regex: "RE2 pattern; the whole string has to match",
  min_length: "Code points, at least",
  max_length: "Code points, at most",
  min_value: "At least",
  max_value: "At most",
  one_of: "One value a line",
  min_items: "Elements, at least",
  max_items: "Elements, at most",
};

/** Everything of one field, changed as it is typed; the tree behind it keeps every step. */
export function FieldDrawer({ draft, mayChange }: { draft: Draft; mayChange: boolean }) {
  const row = draft.selected;
  return (
    <Drawer
      opened={row !== null}
      onClose={() => draft.select(null)}
      title={row === null ? "" : row.path === "" ? "New field" : row.path}
      size="md"
    >
      {row !== null && <Fields key={row.node.id} node={row.node} draft={draft} mayChange={mayChange} />}
    </Drawer>
  );
}

function Fields({ node, draft, mayChange }: { node: Node; draft: Draft; mayChange: boolean }) {
  const faults = draft.faults(node.id);
  const faultAt = (property: string) =>
    faults.find((fault) => fault.property === property || fault.property.startsWith(`${property}.`));
  const patch = (changes: Partial<Omit<Node, "id" | "fields">>) => draft.step({ kind: "patch", id: node.id, changes });
  const common = { readOnly: !mayChange };
  const children = faultAt("fields");
  return (
    <Stack>
      <TextInput
        label="Key"
        classNames={{ input: "mono" }}
        data-autofocus
        spellCheck={false}
        autoComplete="off"
        value={node.key}
        error={faultAt("key")?.message}
        onChange={(event) => patch({ key: event.currentTarget.value })}
        {...common}
      />
      <Select
        label="Type"
        data={TYPES.map((type) => ({ value: type, label: type }))}
        allowDeselect={false}
        value={node.type}
        error={faultAt("type")?.message}
        onChange={(value) => {
          if (value !== null) patch({ type: value });
        }}
        {...common}
      />
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
        data={presencesOf(node.type).map((presence) => ({ value: presence, label: PRESENCE[presence] }))}
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
          data={macrosOf(node.type)}
          value={node.macro === "" ? null : node.macro}
          error={faultAt("macro")?.message}
          onChange={(value) => patch({ macro: value ?? "" })}
          {...common}
        />
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
      <Rules
        node={node}
        faultAt={(index) => faults.find(({ property }) => property === `rules.${index}`)?.message}
        patch={patch}
        mayChange={mayChange}
      />
      <Group justify="flex-end">
        <Button onClick={() => draft.select(null)}>Done</Button>
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

interface RulesProps {
  node: Node;
  faultAt: (index: number) => string | undefined;
  patch: (changes: { rules: RuleDraft[] }) => void;
  mayChange: boolean;
}

function Rules({ node, faultAt, patch, mayChange }: RulesProps) {
  const fitting = RULES.filter((rule) => RULE_TYPES[rule].includes(node.type));
  const free = fitting.filter((rule) => rule === "regex" || !node.rules.some((drafted) => drafted.rule === rule));
  if (fitting.length === 0) return null;
  return (
    <Stack gap="xs" component="section" aria-label="Rules">
      <Text fw={600} size="sm">
        Rules
      </Text>
      {node.rules.length === 0 && (
        <Text size="sm" c="dimmed">
          None: every value of the type will do.
        </Text>
      )}
      {node.rules.map((drafted, index) => (
        <Group key={`${drafted.rule} ${index}`} align="flex-start" wrap="nowrap" gap="xs">
          <Textarea
            flex={1}
            label={drafted.rule}
            description={ARGUMENT[drafted.rule]}
            classNames={{ input: "mono" }}
            autosize
            maxRows={10}
            spellCheck={false}
            value={drafted.text}
            error={faultAt(index)}
            readOnly={!mayChange}
            onChange={(event) =>
              patch({ rules: node.rules.with(index, { ...drafted, text: event.currentTarget.value }) })
            }
          />
          {mayChange && (
            <ActionIcon
              mt={24}
              aria-label={`Delete the rule ${drafted.rule}`}
              onClick={() => patch({ rules: node.rules.toSpliced(index, 1) })}
            >
              <IconTrash size={16} />
            </ActionIcon>
          )}
        </Group>
      ))}
      {mayChange && node.rules.length < MAX_RULES && free.length > 0 && (
        <Menu position="bottom-start" withinPortal>
          <Menu.Target>
            <Button
              variant="default"
              size="xs"
              leftSection={<IconPlus size={14} />}
              style={{ alignSelf: "flex-start" }}
            >
              Add a rule
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {free.map((rule) => (
              <Menu.Item key={rule} onClick={() => patch({ rules: [...node.rules, { rule, text: "" }] })}>
                <span className="mono">{rule}</span>
                <Text size="xs">{ARGUMENT[rule]}</Text>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </Stack>
  );
}
