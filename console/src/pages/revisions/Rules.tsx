import { ActionIcon, Button, Group, Menu, MultiSelect, Select, Stack, Text, Textarea } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";

import { distinct } from "@/components/options";
import {
  FORMATS,
  kindsOf,
  listOf,
  MAX_RULES,
  RULE_TYPES,
  type Node,
  type RuleDraft,
  type RuleName,
} from "@/pages/revisions/field";

const RULES = Object.keys(RULE_TYPES) as RuleName[];

const ARGUMENT: Record<RuleName, string> = {
  regex: "RE2 pattern; the whole string has to match",
  format: "A well-known form of text",
  min_length: "Characters, at least",
  max_length: "Characters, at most",
  max_bytes: "Bytes in UTF-8, at most",
  min_value: "At least",
  max_value: "At most",
  multiple_of: "A whole number above 0",
  one_of: "One value a line",
  kinds: "Kinds of JSON that are accepted",
  value_kinds: "Kinds of an object’s values",
  element_kinds: "Kinds of an array’s elements, also of the arrays in an object",
  min_properties: "Keys of an object, at least",
  max_properties: "Keys of an object, at most",
  min_items: "Elements, at least",
  max_items: "Elements, at most",
  unique_items: "No two elements are equal",
};

interface RulesProps {
  node: Node;
  faultAt: (index: number) => string | undefined;
  patch: (changes: { rules: RuleDraft[] }) => void;
  mayChange: boolean;
}

/** The rules of one field, and those that its type can have. */
export function Rules({ node, faultAt, patch, mayChange }: RulesProps) {
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
          None: every value of the type is accepted.
        </Text>
      )}
      {node.rules.map((drafted, index) => (
        <Group key={`${drafted.rule} ${index}`} align="flex-start" wrap="nowrap" gap="xs">
          <Argument
            drafted={drafted}
            fault={faultAt(index)}
            readOnly={!mayChange}
            onChange={(text) => patch({ rules: node.rules.with(index, { ...drafted, text }) })}
          />
          {mayChange && (
            <ActionIcon
              mt={drafted.rule === "unique_items" ? 0 : 24}
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
              <Menu.Item
                key={rule}
                onClick={() => patch({ rules: [...node.rules, { rule, text: rule === "unique_items" ? "true" : "" }] })}
              >
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

interface ArgumentProps {
  drafted: RuleDraft;
  fault: string | undefined;
  readOnly: boolean;
  onChange: (text: string) => void;
}

function Argument({ drafted: { rule, text }, fault, readOnly, onChange }: ArgumentProps) {
  const common = { flex: 1, label: rule, description: ARGUMENT[rule], error: fault, readOnly };
  switch (rule) {
    case "format":
      return (
        <Select
          {...common}
          searchable
          data={distinct(FORMATS)}
          value={text === "" ? null : text}
          onChange={(value) => onChange(value ?? "")}
        />
      );
    case "kinds":
    case "value_kinds":
    case "element_kinds":
      return (
        <MultiSelect
          {...common}
          data={distinct(kindsOf(rule) ?? [])}
          value={distinct(listOf(text, "STRING").map(String))}
          onChange={(values) => onChange(values.join("\n"))}
        />
      );
    case "unique_items":
      return (
        <div style={{ flex: 1 }}>
          <Text size="sm" fw={500} className="mono">
            {rule}
          </Text>
          <Text size="xs" c="dimmed">
            {ARGUMENT[rule]}
          </Text>
        </div>
      );
    default:
      return (
        <Textarea
          {...common}
          classNames={{ input: "mono" }}
          autosize
          maxRows={10}
          spellCheck={false}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}
