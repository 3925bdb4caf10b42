import { TextInput } from "@mantine/core";

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
        value={days.from ?? ""}
        onChange={(event) => onChange({ from: event.currentTarget.value || undefined })}
        w={{ base: "47%", xs: 150 }}
      />
      <TextInput
        type="date"
        label="Last day"
        value={days.to ?? ""}
        error={isReversed && "Is before the first."}
        onChange={(event) => onChange({ to: event.currentTarget.value || undefined })}
        w={{ base: "47%", xs: 150 }}
      />
    </>
  );
}
