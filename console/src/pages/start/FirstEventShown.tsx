import { Alert, Group, Paper, Stack } from "@mantine/core";
import { IconCheck, IconInfoCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";

import type { Model } from "@/api/types";
import { Boundary } from "@/components/Boundary";
import { EventShown } from "@/pages/environments/live/EventDrawer";
import type { TappedEvent } from "@/pages/environments/live/feed";

interface Props {
  environment: Model<"Environment">;
  event: TappedEvent;
  /** What to do next. */
  children: ReactNode;
}

/** The event that has arrived, beside what is stored of it. */
export function FirstEventShown({ environment, event, children }: Props) {
  const isAccepted = event.outcome === "accepted";
  return (
    <Stack>
      <Alert
        role="status"
        color={isAccepted ? "pine" : "yellow"}
        icon={isAccepted ? <IconCheck size={18} /> : <IconInfoCircle size={18} />}
        title={isAccepted ? "Your first event has arrived" : "An event has arrived, but was not valid"}
      >
        {isAccepted
          ? "It is stored as shown below; delivery follows within seconds."
          : "See below what is wrong with it. This page keeps waiting for a valid one."}
        {isAccepted && <Group mt="sm">{children}</Group>}
      </Alert>
      <Paper>
        <Boundary key={event.event_id} what="This event">
          <EventShown environment={environment} event={event} />
        </Boundary>
      </Paper>
    </Stack>
  );
}
