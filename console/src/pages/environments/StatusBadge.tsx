import { Badge, Tooltip } from "@mantine/core";

import type { Model } from "@/api/types";

const COLOUR = { provisioning: "yellow", active: "pine", failed: "red" };

/** How far an environment is; of one that failed, why. Its word is never cut. */
export function StatusBadge({ environment }: { environment: Model<"Environment"> }) {
  const badge = (
    <Badge
      variant="light"
      color={COLOUR[environment.status]}
      tabIndex={environment.status_reason === null ? undefined : 0}
    >
      {environment.status}
    </Badge>
  );
  if (environment.status_reason === null) return badge;
  return (
    <Tooltip label={environment.status_reason} multiline maw={320}>
      {badge}
    </Tooltip>
  );
}
