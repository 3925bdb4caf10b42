import { Tooltip } from "@mantine/core";

import { useNow } from "@/time/now";
import { exactTime, relativeTime } from "@/time/relative";

/** `5 minutes ago`, with the exact time on hover; no stop of the Tab key, of which a table would have hundreds. */
export function RelativeTime({ at, none = "never" }: { at: string | null | undefined; none?: string }) {
  const now = useNow();
  if (at === null || at === undefined) return <>{none}</>;
  const time = Date.parse(at);
  return (
    <Tooltip label={exactTime(time)}>
      <time dateTime={at}>{relativeTime(time, now)}</time>
    </Tooltip>
  );
}
