import { Badge } from "@mantine/core";

import type { Model } from "@/api/types";

/** That a share of an environment's requests goes to a canary. */
export function CanaryBadge({ environment }: { environment: Model<"Environment"> }) {
  if (environment.canary === null) return null;
  return (
    <Badge variant="light" color="grape">
      canary {environment.canary.share} %
    </Badge>
  );
}
