import { Text } from "@mantine/core";

import type { Model } from "@/api/types";
import { visible } from "@/text/laid_out";

interface Props {
  errors: readonly Model<"EventFault">[];
  /** Whether there are more than these. */
  more?: boolean;
}

/** What is wrong with an event, fault by fault. */
export function EventFaults({ errors, more = false }: Props) {
  return (
    <>
      {errors.map((fault) => (
        <Text key={`${fault.pointer} ${fault.code}`} size="sm">
          <span className="mono">{fault.pointer === "" ? "the event" : visible(fault.pointer)}</span> {fault.message}{" "}
          <Text span c="dimmed" size="sm" className="mono">
            {fault.code}
          </Text>
        </Text>
      ))}
      {more && (
        <Text size="sm" c="dimmed">
          and more
        </Text>
      )}
    </>
  );
}
