import { Alert, Badge, Group, Paper, Stack, Text } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { client } from "@/api/client";
import { sendEvents, type SentEvent } from "@/api/ingest";
import { failureFrom } from "@/api/problem";
import type { Model } from "@/api/types";
import { useDeployment } from "@/auth/DeploymentContext";
import { ActionButton } from "@/components/ActionButton";
import { TextLink } from "@/components/LinkButton";
import { OUTCOME_COLOURS } from "@/pages/environments/live/outcomes";
import { writeJson } from "@/text/json";
import { visible } from "@/text/laid_out";

interface Props {
  environment: Model<"Environment">;
  /** JSON to send; without it, the example of the revision that runs. */
  event?: string | undefined;
  /** The events that arrive are in sight already. */
  isLive?: boolean;
  /** Beside the button. */
  children?: ReactNode;
}

/** Sends an event to an environment from this browser, and says what became of it. */
export function SendTestEvent({ environment, event, isLive = false, children }: Props) {
  const { test_events: host } = useDeployment();
  const send = useMutation({
    mutationFn: async () => sendEvents(environment, event ?? (await exampleOf(environment.revision_id)), host),
    meta: { showsFailures: true, changesNothing: true },
  });
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <ActionButton
          variant="default"
          leftSection={<IconSend size={16} />}
          loading={send.isPending}
          refused={refusalOf(environment)}
          onClick={() => send.mutate()}
        >
          Send test event
        </ActionButton>
        {children ?? (
          <Text size="sm" c="dimmed" flex={1} miw={200}>
            Sends {event === undefined ? "the example of the running revision" : "these values"} from this browser. It
            counts and is delivered like any other event.
          </Text>
        )}
      </Group>
      {send.isError && (
        <Alert color="red" role="alert" title="The event could not be sent">
          {failureFrom(send.error).message}
        </Alert>
      )}
      {send.data?.problem != null && (
        <Alert color="red" role="alert" title="The request was refused">
          {send.data.problem.message} <span className="mono">{send.data.problem.code}</span>
        </Alert>
      )}
      {send.data?.events.map((sent, index) => (
        <Outcome key={`${send.submittedAt} ${index}`} sent={sent} environment={environment} isLive={isLive} />
      ))}
    </Stack>
  );
}

/** Why this page's browser can't send: the environment takes events of other websites only. */
function refusalOf({ status, allowed_origins: origins }: Model<"Environment">): string | false {
  if (status !== "active") return "The environment is not active yet.";
  if (origins.length === 0 || origins.includes(location.origin)) return false;
  return `The environment accepts events from its origins only. Add ${location.origin} in its settings, or use the code.`;
}

async function exampleOf(revision_id: string): Promise<string> {
  const { data, error } = await client.GET("/v1/revisions/{revision_id}/example", {
    params: { path: { revision_id } },
  });
  if (data === undefined) throw error;
  return writeJson(data.example);
}

function Outcome({ sent, environment, isLive }: { sent: SentEvent } & Required<Pick<Props, "environment" | "isLive">>) {
  const params = { endpointId: environment.endpoint_id, environmentId: environment.id };
  return (
    <Paper p="sm" role="status">
      <Group gap="xs">
        <Badge variant="light" color={OUTCOME_COLOURS[sent.outcome] ?? "gray"}>
          {sent.outcome}
        </Badge>
        {sent.eventId !== null && (
          <Text size="sm" c="dimmed" className="mono" style={{ overflowWrap: "anywhere" }}>
            {sent.eventId}
          </Text>
        )}
        {sent.outcome === "quarantined" && (
          <TextLink
            to="/endpoints/$endpointId/environments/$environmentId/quarantine"
            params={params}
            size="sm"
            underline="always"
          >
            Quarantine
          </TextLink>
        )}
        {sent.outcome === "accepted" && !isLive && (
          <TextLink
            to="/endpoints/$endpointId/environments/$environmentId"
            params={params}
            size="sm"
            underline="always"
          >
            See what is stored under Live
          </TextLink>
        )}
      </Group>
      {sent.errors.map(({ pointer, code, message }) => (
        <Text key={`${pointer} ${code}`} size="sm" mt={4}>
          <span className="mono">{pointer === "" ? "the event" : visible(pointer)}</span> {message}{" "}
          <Text span c="dimmed" size="sm" className="mono">
            {code}
          </Text>
        </Text>
      ))}
    </Paper>
  );
}
