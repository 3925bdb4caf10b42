import { Badge, Stack, Text } from "@mantine/core";
import { IconBell, IconPencil, IconSend, IconTrash } from "@tabler/icons-react";
import { useState } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ConfirmByName } from "@/components/ConfirmByName";
import { DataTable, TableSkeleton, type Column } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { IconButton } from "@/components/IconButton";
import { Loaded } from "@/components/Loaded";
import { RelativeTime } from "@/components/RelativeTime";
import { toasts } from "@/components/toasts";
import { sentenceOf, titleOf, toldOf, type AlertModel } from "@/pages/environments/alerts/alert_words";
import { AlertDialog } from "@/pages/environments/alerts/AlertForm";
import { TestResults } from "@/pages/environments/alerts/TestResults";
import { useAlerts } from "@/pages/environments/alerts/use_alerts";
import classes from "@/pages/environments/Environments.module.css";
import { SettingPart } from "@/pages/environments/keys/SettingPart";

/** The alerts of an environment, each with its state and with what its targets were told. */
export function AlertList({ environment }: { environment: Model<"Environment"> }) {
  const query = useAlerts(environment.id);
  const refused = useRefusal("editor");
  const [form, setForm] = useState<AlertModel | "new" | null>(null);
  const [removed, setRemoved] = useState<AlertModel | null>(null);
  const [results, setResults] = useState<Model<"Tested">[] | null>(null);
  const path = (alert: AlertModel) => ({ environment_id: environment.id, alert_id: alert.id });
  const test = api.useMutation("post", "/v1/environments/{environment_id}/alerts/{alert_id}/test", {
    onSuccess: (answer) => setResults(answer.results),
  });
  const removal = api.useMutation("delete", "/v1/environments/{environment_id}/alerts/{alert_id}", {
    onSuccess: () => {
      toasts.done("Alert deleted.");
      setRemoved(null);
    },
  });
  const columns: Column<AlertModel>[] = [
    {
      id: "name",
      title: "Alert",
      kind: "name",
      onPhone: "line",
      render: (alert) => (
        <Stack gap={2}>
          <span>{titleOf(alert)}</span>
          <Text size="xs" c="dimmed" fw={400}>
            {sentenceOf(alert)}
          </Text>
        </Stack>
      ),
    },
    { id: "state", title: "State", onPhone: "line", render: (alert) => <State alert={alert} /> },
    { id: "told", title: "Told", render: (alert) => <ToldRows alert={alert} /> },
    {
      id: "actions",
      title: "Actions",
      kind: "actions",
      onPhone: "end",
      render: (alert) => (
        <div className={classes.rowActions}>
          <IconButton
            label={`Send a test of ${titleOf(alert)}`}
            icon={<IconSend size={16} />}
            refused={refused !== false ? refused : alert.targets.length === 0 && "It has no target yet: edit it."}
            onClick={() => test.mutate({ params: { path: path(alert) } })}
          />
          <IconButton
            label={`Edit ${titleOf(alert)}`}
            icon={<IconPencil size={16} />}
            refused={refused}
            onClick={() => setForm(alert)}
          />
          <IconButton
            label={`Delete ${titleOf(alert)}`}
            icon={<IconTrash size={16} />}
            destroys
            refused={refused}
            onClick={() => setRemoved(alert)}
          />
        </div>
      ),
    },
  ];
  return (
    <SettingPart
      title="Alerts"
      lead="Looked at every minute. Each target is told once when an alert fires, and once when it has recovered."
      add="Add alert"
      onAdd={() => setForm("new")}
    >
      <Loaded query={query} skeleton={<TableSkeleton />} failed="The alerts could not be loaded">
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={<IconBell size={40} />} title="No alerts">
              Add one to be told when events are rejected, stop arriving or are late.
            </EmptyState>
          ) : (
            <DataTable label="Alerts" phone="list" columns={columns} rows={items} rowKey={({ id }) => id} />
          )
        }
      </Loaded>
      <TestResults results={results} onClose={() => setResults(null)} />
      <AlertDialog environment={environment} alert={form} onClose={() => setForm(null)} />
      <ConfirmByName
        opened={removed !== null}
        onClose={() => setRemoved(null)}
        title="Delete alert"
        name={removed === null ? "" : titleOf(removed)}
        busy={removal.isPending}
        onConfirm={() => removed !== null && removal.mutate({ params: { path: path(removed) } })}
      >
        Nobody is told any more, not even that it has recovered.
      </ConfirmByName>
    </SettingPart>
  );
}

const STATES = {
  pending: { color: "gray", word: "pending" },
  ok: { color: "pine", word: "OK" },
  firing: { color: "red", word: "firing" },
};

function State({ alert: { state, since, text, evaluated_at: lookedAt } }: { alert: AlertModel }) {
  const { color, word } = STATES[state];
  if (state === "pending") {
    return (
      <Stack gap={2} align="flex-start">
        <Badge variant="light" color={color}>
          {word}
        </Badge>
        <Text size="xs" c="dimmed">
          Looked at within a minute.
        </Text>
      </Stack>
    );
  }
  return (
    <Stack gap={2} align="flex-start">
      <Badge variant={state === "firing" ? "filled" : "light"} color={color}>
        {word}
      </Badge>
      <Text size="xs" style={{ overflowWrap: "anywhere" }}>
        {text}
      </Text>
      <Text size="xs" c="dimmed">
        since <RelativeTime at={since} />, looked at <RelativeTime at={lookedAt} />
      </Text>
    </Stack>
  );
}

function ToldRows({ alert }: { alert: AlertModel }) {
  if (alert.told.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nobody: it is only shown here.
      </Text>
    );
  }
  return (
    <Stack gap={6}>
      {alert.told.map((row) => (
        <Stack key={row.target_id} gap={0}>
          <Text size="sm">{row.name}</Text>
          <Text size="xs" c="dimmed">
            {toldOf(row)}
          </Text>
          {row.last_error !== null && (
            <Text size="xs" c="var(--mantine-color-error)" style={{ overflowWrap: "anywhere" }}>
              <RelativeTime at={row.last_error_at} />: {row.last_error}
            </Text>
          )}
        </Stack>
      ))}
    </Stack>
  );
}
