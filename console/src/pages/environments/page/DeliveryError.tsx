import { Alert, Badge, Text, Tooltip } from "@mantine/core";

import type { Model } from "@/api/types";
import { LinkButton } from "@/components/LinkButton";
import { RelativeTime } from "@/components/RelativeTime";
import { deliveryState } from "@/pages/environments/page/health";
import { useNow } from "@/time/now";

type Environment = Model<"Environment">;

/** Why the destination takes no events; once it does again, what was in the way, for a day. */
export function DeliveryError({ environment }: { environment: Environment }) {
  const { id, endpoint_id: endpointId, delivery_error: error } = environment;
  const state = deliveryState(error, useNow());
  if (error === null || state === "fine") return null;
  if (state === "recovered") {
    return (
      <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
        The destination recovered <RelativeTime at={error.recovered_at} />. Its last error: {error.reason}
      </Text>
    );
  }
  return (
    <Alert color="red" title="The destination does not take events">
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        {error.reason}
      </Text>
      <Text size="sm" c="dimmed" mt={4} mb="sm">
        Since <RelativeTime at={error.since} />, last tried <RelativeTime at={error.at} />. Events wait until it does.
      </Text>
      <LinkButton
        size="xs"
        variant="default"
        to="/endpoints/$endpointId/environments/$environmentId/destination"
        params={{ endpointId, environmentId: id }}
      >
        Check the destination
      </LinkButton>
    </Alert>
  );
}

/** In a list: that the destination takes no events, and why. */
export function DeliveryBadge({ environment: { delivery_error: error } }: { environment: Environment }) {
  if (error === null || error.recovered_at !== null) return null;
  return (
    <Tooltip label={error.reason} multiline maw={320}>
      <Badge variant="light" color="red" tabIndex={0}>
        not delivering
      </Badge>
    </Tooltip>
  );
}
