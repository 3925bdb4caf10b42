import { TextInput } from "@mantine/core";

import { useTyped } from "@/state/typed";
import type { CustomDays } from "@/time/periods";

interface Props {
  days: CustomDays;
  onChange: (days: CustomDays) => void;
}

/** The first and the last of some whole days of UTC, either of which may be left open. */
export function DayFields({ days, onChange }: Props) {
  const isReversed = days.from !== undefined && days.to !== undefined && days.from > days.to;
  return (
    <>
      <TextInput
        type="date"
        label="First day"
        {...useTyped(days.from ?? "", (from) => onChange({ from: from || undefined }))}
        w={{ base: "47%", xs: 150 }}
      />
      <TextInput
        type="date"
        label="Last day"
        error={isReversed && "Is before the first."}
        {...useTyped(days.to ?? "", (to) => onChange({ to: to || undefined }))}
        w={{ base: "47%", xs: 150 }}
      />
    </>
  );
}
