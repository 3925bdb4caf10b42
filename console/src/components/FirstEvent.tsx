import { Alert, Button, Group, List, Loader, Paper, Text } from "@mantine/core";
import { IconCheck, IconInfoCircle } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";

import { api } from "@/api/client";
import { useCodes } from "@/api/codes";
import { pauseAfter } from "@/components/first_event";
import { TextLink } from "@/components/LinkButton";
import { counted, exactCount } from "@/text/units";
import { useNow } from "@/time/now";

interface Props {
  endpointId: string;
  environmentId: string;
  /** What to look at where nothing arrives. */
  hint?: string | undefined;
  /** What to do once an event is there, such as a link to its chart. */
  children: ReactNode;
}

/** Waits for an environment's first event and says what became of it, at most some seconds after it came. */
export function FirstEvent({ endpointId, environmentId, hint, children }: Props) {
  const now = useNow();
  const [lookingFrom, setLookingFrom] = useState(() => Date.now());
  const usage = api.useQuery(
    "get",
    "/v1/usage",
    { params: { query: { environment: environmentId, slice: "hour" } } },
    { refetchInterval: () => pauseAfter(Date.now() - lookingFrom), staleTime: 0 },
  );
  const { accepted = 0, rejected = 0, limited = 0, delivered = 0 } = usage.data?.totals ?? {};
  const taken = Math.max(accepted, delivered);
  const [before, setBefore] = useState<number | null>(null);
  if (before === null && usage.data !== undefined) setBefore(taken);
  const isOver = pauseAfter(now - lookingFrom) === false;
  const again = isOver && (
    <Button
      variant="default"
      onClick={() => {
        setLookingFrom(Date.now());
        void usage.refetch();
      }}
    >
      Look again
    </Button>
  );
  if (taken + rejected + limited === 0) {
    return (
      <Paper role="status">
        <Group wrap="nowrap">
          {!isOver && <Loader size="sm" type="dots" />}
          <div>
            <Text fw={600}>{isOver ? "No event has arrived yet" : "Waiting for your first event …"}</Text>
            <Text size="sm" c="dimmed">
              Send one as shown above. It appears here within about 20 seconds.
              {hint !== undefined && ` ${hint}`}
            </Text>
          </div>
          {again}
        </Group>
      </Paper>
    );
  }
  if (taken > 0) {
    const since = Math.max(0, taken - (before ?? taken));
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
        {before !== null && before > 0 && (
          <Text size="sm" mt={4}>
            {since > 0
              ? `${exactCount(since)} of them since you opened this page.`
              : `None of them since you opened this page. ${hint ?? ""}`}
          </Text>
        )}
        <Group mt="sm">
          {children}
          {again}
        </Group>
      </Alert>
    );
  }
  return (
    <Refused endpointId={endpointId} environmentId={environmentId} rejected={rejected} limited={limited}>
      {again}
    </Refused>
  );
}

interface RefusedProps {
  endpointId: string;
  environmentId: string;
  rejected: number;
  limited: number;
  children: ReactNode;
}

function Refused({ endpointId, environmentId, rejected, limited, children }: RefusedProps) {
  const codes = useCodes({ environment: environmentId });
  return (
    <Alert
      role="status"
      color="yellow"
      icon={<IconInfoCircle size={18} />}
      title="An event has arrived, but was not valid"
    >
      {rejected > 0 && (
        <>
          {counted(rejected, "event")} did not fit the revision.{" "}
          <TextLink
            to="/endpoints/$endpointId/environments/$environmentId/quarantine"
            params={{ endpointId, environmentId }}
            underline="always"
          >
            Quarantine
          </TextLink>{" "}
          shows what is wrong with it, field by field.{" "}
        </>
      )}
      {limited > 0 && `${counted(limited, "event")} went over a limit. `}
      This page keeps waiting for a valid one.
      {(codes.data?.codes.length ?? 0) > 0 && (
        <List size="sm" mt="xs">
          {codes.data?.codes.slice(0, 5).map((row) => (
            <List.Item key={row.code}>
              <span className="mono">{row.code}</span>, {counted(row.count, "time")}
            </List.Item>
          ))}
        </List>
      )}
      {children !== false && <Group mt="sm">{children}</Group>}
    </Alert>
  );
}
