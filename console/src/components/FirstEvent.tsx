import { Alert, Group, List, Loader, Paper, Text } from "@mantine/core";
import { IconCheck, IconInfoCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { api } from "@/api/client";
import { counted } from "@/text/units";
import { useCodes } from "@/api/codes";

const POLL_MS = 2_000;

interface Props {
  environmentId: string;
  /** What to do once an event is there, such as a link to its chart. */
  children: ReactNode;
}

/** Waits for an environment's first event and says what became of it, at most some seconds after it came. */
export function FirstEvent({ environmentId, children }: Props) {
  const usage = api.useQuery(
    "get",
    "/v1/usage",
    { params: { query: { environment: environmentId, slice: "hour" } } },
    { refetchInterval: POLL_MS, staleTime: 0 },
  );
  const { accepted = 0, rejected = 0, limited = 0, delivered = 0 } = usage.data?.totals ?? {};
  const taken = Math.max(accepted, delivered);
  if (taken + rejected + limited === 0) {
    return (
      <Paper role="status">
        <Group wrap="nowrap">
          <Loader size="sm" type="dots" />
          <div>
            <Text fw={600}>Waiting for your first event …</Text>
            <Text size="sm" c="dimmed">
              Send one as shown above. It appears here within about ten seconds.
            </Text>
          </div>
        </Group>
      </Paper>
    );
  }
  if (taken > 0) {
    return (
      <Alert
        role="status"
        color="pine"
        icon={<IconCheck size={18} />}
        title={taken === 1 ? "Your first event has arrived" : "Events are arriving"}
      >
        {counted(taken, "event")} accepted
        {rejected > 0 && `, ${counted(rejected, "event")} refused`}
        {delivered > 0 ? `, ${counted(delivered, "event")} delivered.` : "; delivery follows within seconds."}
        <Group mt="sm">{children}</Group>
      </Alert>
    );
  }
  return <Refused environmentId={environmentId} rejected={rejected} limited={limited} />;
}

function Refused({ environmentId, rejected, limited }: { environmentId: string; rejected: number; limited: number }) {
  const codes = useCodes({ environment: environmentId });
  return (
    <Alert
      role="status"
      color="yellow"
      icon={<IconInfoCircle size={18} />}
      title="An event has arrived, but was not valid"
    >
      {rejected > 0 && `${counted(rejected, "event")} did not fit the revision. `}
      {limited > 0 && `${counted(limited, "event")} went over a limit. `}
      The answer to the request says what is wrong with it, field by field. This page goes on waiting for a valid one.
      {(codes.data?.codes.length ?? 0) > 0 && (
        <List size="sm" mt="xs">
          {codes.data?.codes.slice(0, 5).map((row) => (
            <List.Item key={row.code}>
              <span className="mono">{row.code}</span>, {counted(row.count, "time")}
            </List.Item>
          ))}
        </List>
      )}
    </Alert>
  );
}
