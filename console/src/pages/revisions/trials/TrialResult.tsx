import { Alert, Badge, Button, Group, Progress, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { DataTable, type Column } from "@/components/DataTable";
import { TextLink } from "@/components/LinkButton";
import { toasts } from "@/components/toasts";
import { wrongWith } from "@/pages/environments/quarantine/told";
import { isOpen, kindsText, sentenceOf, unseenOf } from "@/pages/revisions/trials/trial_words";
import { canBeField } from "@/pages/revisions/unknown_field";
import { visible } from "@/text/laid_out";
import { counted, exactCount, percent } from "@/text/units";

type Trial = Model<"Trial">;
type TrialGroup = Model<"TrialGroup">;

const FEW = 10;

interface Props {
  trial: Trial;
  endpointId: string;
  /** A link leads away from what the result stands in. */
  onLeave?: () => void;
}

/** What a trial has found: a sentence first, then the reasons, the columns and the unknown fields. */
export function TrialResult({ trial, endpointId, onLeave }: Props) {
  if (trial.state === "failed") {
    return (
      <Alert color="red" title="The trial failed">
        {trial.reason}
      </Alert>
    );
  }
  if (isOpen(trial)) return <UnderWay trial={trial} />;
  return (
    <Stack gap="sm" role="region" aria-label="Result of the trial">
      {trial.state === "cancelled" && (
        <Text size="sm" c="dimmed">
          Cancelled after {counted(trial.looked_at, "event")}. This is what it had found by then.
        </Text>
      )}
      <Alert color={trial.newly_invalid > 0 ? "red" : trial.looked_at > 0 ? "pine" : "blue"} role="status">
        <Text fw={600} style={{ overflowWrap: "anywhere" }}>
          {sentenceOf(trial)}
        </Text>
      </Alert>
      <Stack gap={2}>
        {aboutOf(trial).map((sentence) => (
          <Text key={sentence} size="sm" c="dimmed">
            {sentence}
          </Text>
        ))}
      </Stack>
      {trial.groups.length > 0 && <Reasons trial={trial} endpointId={endpointId} onLeave={onLeave} />}
      {trial.looked_at > 0 && <Columns columns={trial.columns} />}
      {trial.unknown_keys.length > 0 && <UnknownFields trial={trial} endpointId={endpointId} onLeave={onLeave} />}
    </Stack>
  );
}

function UnderWay({ trial }: { trial: Trial }) {
  const refused = useRefusal("editor");
  const cancel = api.useMutation("post", "/v1/trials/{trial_id}/cancel", {
    onSuccess: () => toasts.done("The trial is cancelled."),
  });
  const done = trial.objects_total === null || trial.objects_total === 0 ? 0 : trial.objects_done / trial.objects_total;
  return (
    <Stack gap="xs">
      <Progress value={done * 100} animated aria-label="Progress of the trial" />
      <Group justify="space-between">
        <Text size="sm" role="status">
          {trial.looked_at === 0 ? "Looking at events…" : `${counted(trial.looked_at, "event")} looked at …`}
        </Text>
        <ActionButton
          size="xs"
          variant="default"
          loading={cancel.isPending}
          refused={refused}
          onClick={() => cancel.mutate({ params: { path: { trial_id: trial.id } } })}
        >
          Cancel trial
        </ActionButton>
      </Group>
    </Stack>
  );
}

function aboutOf(trial: Trial): string[] {
  const about = [];
  if (trial.cut_short) about.push("Its time was up before it had looked at all of them.");
  if (trial.left_out > 0) {
    about.push(`${counted(trial.left_out, "event")} could not be tried, as only a part of each was kept.`);
  }
  return [...about, ...(trial.looked_at > 0 ? unseenOf(trial) : [])];
}

function Reasons({ trial, endpointId, onLeave }: Props) {
  const [all, setAll] = useState(false);
  const shown = all ? trial.groups : trial.groups.slice(0, FEW);
  return (
    <Stack gap="xs">
      <Title order={4}>Reasons</Title>
      <Stack component="ul" role="list" aria-label="Reasons" gap="sm" m={0} p={0} style={{ listStyle: "none" }}>
        {shown.map((group) => (
          <Reason
            key={`${group.code} ${group.pointer} ${group.event_name ?? ""} ${group.was}`}
            group={group}
            trial={trial}
            endpointId={endpointId}
            onLeave={onLeave}
          />
        ))}
      </Stack>
      <More all={all} left={trial.groups.length - FEW} onShow={() => setAll(true)} />
      {trial.groups_left_out > 0 && (
        <Text size="sm" c="dimmed">
          Further reasons are not listed.
        </Text>
      )}
    </Stack>
  );
}

function Reason({ group, trial, endpointId, onLeave }: Props & { group: TrialGroup }) {
  const { code, pointer, was } = group;
  const field = pointer !== "" && code !== "unknown_key" ? pointer : undefined;
  return (
    <li>
      <Group justify="space-between" align="flex-start" wrap="nowrap" gap="sm">
        <Stack gap={2} miw={0}>
          <Text style={{ overflowWrap: "anywhere" }}>
            {pointer === "" ? "The event" : <strong className="mono">{visible(pointer)}</strong>} {wrongWith(code)}
          </Text>
          <Group gap="xs">
            <Badge variant="light" color={was === "accepted" ? "red" : "gray"}>
              {was === "accepted" ? "accepted now" : "rejected now, too"}
            </Badge>
            {group.event_name !== null && (
              <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                {visible(group.event_name)}
              </Text>
            )}
            {field !== undefined && (
              <TextLink
                size="sm"
                to="/endpoints/$endpointId/revisions/$revisionId"
                params={{ endpointId, revisionId: trial.revision_id }}
                search={{ field }}
                onClick={onLeave}
              >
                Field
              </TextLink>
            )}
            {was === "invalid" && (
              <TextLink
                size="sm"
                to="/endpoints/$endpointId/environments/$environmentId/quarantine"
                params={{ endpointId, environmentId: trial.environment_id }}
                search={{ code: code as Model<"Fault">, pointer }}
                onClick={onLeave}
              >
                In quarantine
              </TextLink>
            )}
          </Group>
        </Stack>
        <Stack gap={0} align="flex-end" style={{ flexShrink: 0 }}>
          <Text fw={600} className="figures">
            {exactCount(group.count)}
          </Text>
          <Text size="sm" c="dimmed" className="figures">
            {percent(group.share)}
          </Text>
        </Stack>
      </Group>
    </li>
  );
}

const COLUMNS: Column<Model<"TrialColumn">>[] = [
  { id: "column", title: "Column", kind: "name", render: ({ column }) => <span className="mono">{column}</span> },
  {
    id: "filled",
    title: "Filled",
    kind: "number",
    render: ({ filled }) => (filled === null ? "–" : percent(filled)),
  },
  { id: "kinds", title: "Kinds as sent", render: ({ kinds }) => kindsText(kinds) || "–" },
];

function Columns({ columns }: { columns: Trial["columns"] }) {
  const [all, setAll] = useState(false);
  return (
    <Stack gap="xs">
      <Title order={4}>Columns</Title>
      <DataTable
        label="Columns"
        columns={COLUMNS}
        rows={all ? columns : columns.slice(0, FEW)}
        rowKey={({ column }) => column}
      />
      <More all={all} left={columns.length - FEW} onShow={() => setAll(true)} />
    </Stack>
  );
}

function UnknownFields({ trial, endpointId, onLeave }: Props) {
  const [all, setAll] = useState(false);
  const columns: Column<Model<"TrialUnknownKey">>[] = [
    {
      id: "pointer",
      title: "Place",
      kind: "name",
      render: ({ pointer }) => (
        <span className="mono" style={{ overflowWrap: "anywhere" }}>
          {visible(pointer)}
        </span>
      ),
    },
    { id: "count", title: "Events", kind: "number", render: ({ count }) => exactCount(count) },
    { id: "kinds", title: "Kinds", render: ({ kinds }) => kinds.join(", ") },
    {
      id: "add",
      title: "Actions",
      kind: "actions",
      render: ({ pointer }) =>
        canBeField(pointer) && (
          <TextLink
            size="sm"
            to="/endpoints/$endpointId/revisions/$revisionId"
            params={{ endpointId, revisionId: trial.revision_id }}
            search={{ add: pointer }}
            onClick={onLeave}
            aria-label={`Add ${visible(pointer)} as a field`}
          >
            Add as a field
          </TextLink>
        ),
    },
  ];
  return (
    <Stack gap="xs">
      <Title order={4}>Unknown fields</Title>
      <DataTable
        label="Unknown fields"
        columns={columns}
        rows={all ? trial.unknown_keys : trial.unknown_keys.slice(0, FEW)}
        rowKey={({ pointer }) => pointer}
      />
      <More all={all} left={trial.unknown_keys.length - FEW} onShow={() => setAll(true)} />
    </Stack>
  );
}

function More({ all, left, onShow }: { all: boolean; left: number; onShow: () => void }) {
  if (all || left <= 0) return null;
  return (
    <Group>
      <Button variant="subtle" size="compact-sm" onClick={onShow}>
        Show all ({exactCount(left)} more)
      </Button>
    </Group>
  );
}
