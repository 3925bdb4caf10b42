import { Button, Select, TextInput } from "@mantine/core";

import { FAULTS } from "@/api/fault_codes";
import type { Model } from "@/api/types";
import { DayFields } from "@/components/DayFields";
import { FoldedFilters } from "@/components/FoldedFilters";
import { optionsOf } from "@/components/options";
import { Refresh } from "@/components/Refresh";
import type { AskedFilter } from "@/pages/environments/quarantine/redrive_filter";
import { oneOf } from "@/state/search";
import { useTyped } from "@/state/typed";

const TYPING_MS = 400;
const FILTER_WIDTH = { base: "100%", xs: 160 };

interface Props {
  /** As the address has it, with whole days. */
  asked: AskedFilter;
  revisions: Model<"Revision">[];
  onChange: (changed: AskedFilter) => void;
  busy: boolean;
  onRefresh: () => void;
}

/** What of a quarantine is looked at, and a button that looks again. */
export function QuarantineFilters({ asked, revisions, onChange, busy, onRefresh }: Props) {
  const set = Object.values(asked).filter(Boolean).length;
  return (
    <FoldedFilters
      set={set}
      beside={
        <>
          {/* Before the button that comes and goes, which would move it. */}
          <Refresh busy={busy} onClick={onRefresh} />
          {set > 0 && (
            <Button
              variant="subtle"
              onClick={() =>
                onChange({
                  code: undefined,
                  pointer: undefined,
                  event_name: undefined,
                  revision: undefined,
                  from: undefined,
                  to: undefined,
                })
              }
            >
              Show everything
            </Button>
          )}
        </>
      }
    >
      <Select
        label="Refused by"
        placeholder="Every revision"
        clearable
        searchable
        data={optionsOf(revisions)}
        value={asked.revision ?? null}
        onChange={(id) => onChange({ revision: id ?? undefined })}
        w={FILTER_WIDTH}
      />
      <Select
        label="Code"
        placeholder="Every code"
        clearable
        searchable
        data={FAULTS}
        value={asked.code ?? null}
        onChange={(code) => onChange({ code: oneOf(code, FAULTS) })}
        w={FILTER_WIDTH}
        clearButtonProps={{ "aria-label": "Every code" }}
      />
      <FilterText
        label="Field"
        placeholder="/items/*/price"
        maxLength={256}
        value={asked.pointer ?? ""}
        onChange={(pointer) => onChange({ pointer: pointer || undefined })}
      />
      <FilterText
        label="Event name"
        placeholder="Every name"
        maxLength={128}
        value={asked.event_name ?? ""}
        onChange={(name) => onChange({ event_name: name || undefined })}
      />
      <DayFields days={asked} onChange={onChange} />
    </FoldedFilters>
  );
}

interface TextProps {
  label: string;
  placeholder: string;
  maxLength: number;
  value: string;
  onChange: (value: string) => void;
}

/** A text to filter by, asked for once the typing has paused. */
function FilterText({ label, placeholder, maxLength, value, onChange }: TextProps) {
  return (
    <TextInput
      label={label}
      placeholder={placeholder}
      maxLength={maxLength}
      {...useTyped(value, onChange, TYPING_MS)}
      w={FILTER_WIDTH}
    />
  );
}
