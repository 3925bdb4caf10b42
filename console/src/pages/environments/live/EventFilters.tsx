import { Button, Group, Select, SimpleGrid, TextInput } from "@mantine/core";
import { useMemo } from "react";

import { FAULTS } from "@/api/fault_codes";
import { distinct } from "@/components/options";
import { namesOf, type TappedEvent } from "@/pages/environments/live/feed";
import { OUTCOMES } from "@/pages/environments/live/outcomes";
import type { LiveSearch } from "@/pages/environments/live/search";
import { oneOf } from "@/state/search";
import { useTyped } from "@/state/typed";

interface Props {
  asked: LiveSearch;
  events: readonly TappedEvent[];
  onChange: (changed: Partial<LiveSearch>) => void;
}

/** Narrows what is shown; what a tap keeps stays the same. */
export function EventFilters({ asked, events, onChange }: Props) {
  const names = useMemo(() => namesOf(events), [events]);
  const text = useTyped(asked.q ?? "", (q) => onChange({ q: q === "" ? undefined : q }));
  const offered = asked.name === undefined || names.includes(asked.name) ? names : [...names, asked.name];
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm" maw={860}>
      <Select
        label="Outcome"
        placeholder="Every outcome"
        clearable
        data={distinct(OUTCOMES.map((value) => ({ value, label: value })))}
        value={asked.outcome ?? null}
        onChange={(value) => onChange({ outcome: oneOf(value, OUTCOMES) })}
      />
      <Select
        label="Code"
        placeholder="Every code"
        clearable
        searchable
        data={distinct(FAULTS)}
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
      <TextInput label="Text" placeholder="In the event or its id" spellCheck={false} {...text} />
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
}
