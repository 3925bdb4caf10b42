import { Tooltip } from "@mantine/core";

import { exactBytes, exactCount, humanBytes, humanCount } from "@/text/units";

interface Props {
  value: number;
  unit?: "count" | "bytes";
}

/** A number in human units, with the exact one on hover and focus where they differ. */
export function Amount({ value, unit = "count" }: Props) {
  const human = unit === "bytes" ? humanBytes(value) : humanCount(value);
  const exact = unit === "bytes" ? exactBytes(value) : exactCount(value);
  if (human === exact) return <span className="figures">{human}</span>;
  return (
    <Tooltip label={exact}>
      <span className="figures" tabIndex={0}>
        {human}
      </span>
    </Tooltip>
  );
}
