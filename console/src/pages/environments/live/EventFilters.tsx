import { Button, Group, Select, SimpleGrid, TextInput } from "@mantine/core";
import { memo } from "react";

import { FAULTS } from "@/api/fault_codes";
import { distinct } from "@/components/options";
import { OUTCOMES } from "@/pages/environments/live/outcomes";
import type { LiveSearch } from "@/pages/environments/live/search";
import { oneOf } from "@/state/search";
import { useTyped } from "@/state/typed";

interface Props {
  asked: LiveSearch;
  /** Those that events have. */
  names: readonly string[];
  onChange: (changed: Partial<LiveSearch>) => void;
}

const OUTCOME_CHOICES = distinct(OUTCOMES.map((value) => ({ value, label: value })));
const CODE_CHOICES = distinct(FAULTS);
/** A list of hundreds of events is not gone through for each letter. */
const TYPING_MS = 150;

/** Narrows what is shown; what a tap keeps stays the same. Drawn anew for another choice, not for each answer. */
export const EventFilters = memo(function EventFilters({ asked, names, onChange }: Props) {
  const offered = asked.name === undefined || names.includes(asked.name) ? names : [...names, asked.name];
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm" maw={860}>
      <Select
        label="Outcome"
        placeholder="Every outcome"
        clearable
        data={OUTCOME_CHOICES}
        value={asked.outcome ?? null}
        onChange={(value) => onChange({ outcome: oneOf(value, OUTCOMES) })}
      />
      <Select
        label="Code"
        placeholder="Every code"
        clearable
        searchable
        data={CODE_CHOICES}
        value={asked.code ?? null}
        onChange={(value) => onChange({ code: oneOf(value, FAULTS) })}
      />
      <Select
        label="Event name"
        placeholder="Every name"
        clearable
        searchable
        data={distinct(offered)}
        value={asked.name ?? null}
        onChange={(value) => onChange({ name: value ?? undefined })}
      />
      <TextFilter value={asked.q ?? ""} onChange={(q) => onChange({ q: q === "" ? undefined : q })} />
      {Object.values(asked).some(Boolean) && (
        <Group>
          <Button
            size="xs"
            variant="default"
            onClick={() => onChange({ outcome: undefined, code: undefined, name: undefined, q: undefined })}
          >
            Show all
          </Button>
        </Group>
      )}
    </SimpleGrid>
  );
}, isSame);

function isSame(before: Props, after: Props): boolean {
  return (
    before.asked === after.asked &&
    before.onChange === after.onChange &&
    before.names.length === after.names.length &&
    before.names.every((name, index) => name === after.names[index])
  );
}

function TextFilter({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const text = useTyped(value, onChange, TYPING_MS);
  return <TextInput label="Text" placeholder="In the event or its id" spellCheck={false} {...text} />;
}
