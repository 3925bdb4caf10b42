import { Badge, Stack, Text } from "@mantine/core";
import { IconKey, IconSend, IconTrash } from "@tabler/icons-react";
import { useState } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ConfirmByName } from "@/components/ConfirmByName";
import { DataTable, TableSkeleton, type Column } from "@/components/DataTable";
import { IconButton } from "@/components/IconButton";
import { Loaded } from "@/components/Loaded";
import { RelativeTime } from "@/components/RelativeTime";
import { toasts } from "@/components/toasts";
import { placeOf, TARGET_KINDS, type Target } from "@/pages/environments/alerts/alert_words";
import { AddTarget, NewSecret } from "@/pages/environments/alerts/TargetForm";
import { TestResults } from "@/pages/environments/alerts/TestResults";
import { useTargets } from "@/pages/environments/alerts/use_alerts";
import classes from "@/pages/environments/Environments.module.css";
import { SettingPart } from "@/pages/environments/keys/SettingPart";

/** Whom alerts of the organisation can tell, and whether they were reached. */
export function Targets() {
  const query = useTargets();
  const refused = useRefusal("editor");
  const [isAdding, setAdding] = useState(false);
  const [rotated, setRotated] = useState<Target | null>(null);
  const [removed, setRemoved] = useState<Target | null>(null);
  const [result, setResult] = useState<Model<"Tested"> | null>(null);
  const test = api.useMutation("post", "/v1/alert-targets/{target_id}/test", { onSuccess: setResult });
  const removal = api.useMutation("delete", "/v1/alert-targets/{target_id}", {
    onSuccess: () => {
      toasts.done(`Target “${removed?.name ?? ""}” deleted.`);
      setRemoved(null);
    },
  });
  const columns: Column<Target>[] = [
    {
      id: "name",
      title: "Name",
      kind: "name",
      render: ({ name, kind }) => (
        <Stack gap={2}>
          <span>{name}</span>
          <Text size="xs" c="dimmed" fw={400}>
            {TARGET_KINDS[kind].title}
          </Text>
        </Stack>
      ),
    },
    {
      id: "where",
      title: "Where",
      onPhone: "line",
      render: (target) => (
        <Stack gap={4} align="flex-start">
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {placeOf(target)}
          </Text>
          <Subscription target={target} />
        </Stack>
      ),
    },
    { id: "health", title: "Last messages", onPhone: "line", render: (target) => <Health target={target} /> },
    {
      id: "actions",
      title: "Actions",
      kind: "actions",
      render: (target) => (
        <div className={classes.rowActions}>
          <IconButton
            label={`Send a test to ${target.name}`}
            icon={<IconSend size={16} />}
            refused={refused}
            onClick={() => test.mutate({ params: { path: { target_id: target.id } } })}
          />
          {target.kind === "webhook" && (
            <IconButton
              label={`Replace the secret of ${target.name}`}
              icon={<IconKey size={16} />}
              refused={refused}
              onClick={() => setRotated(target)}
            />
          )}
          <IconButton
            label={`Delete ${target.name}`}
            icon={<IconTrash size={16} />}
            destroys
            refused={refused}
            onClick={() => setRemoved(target)}
          />
        </div>
      ),
    },
  ];
  return (
    <SettingPart
      title="Targets"
      lead="Who can be told. Alerts of all environments of your organisation share them."
      add="Add target"
      onAdd={() => setAdding(true)}
    >
      <Loaded query={query} skeleton={<TableSkeleton />} failed="The targets could not be loaded">
        {({ items }) =>
          items.length === 0 ? (
            <Text size="sm" c="dimmed">
              No targets. Add a mail address, a Slack channel or a webhook.
            </Text>
          ) : (
            <DataTable label="Targets" phone="list" columns={columns} rows={items} rowKey={({ id }) => id} />
          )
        }
      </Loaded>
      <TestResults results={result === null ? null : [result]} onClose={() => setResult(null)} />
      <AddTarget opened={isAdding} onClose={() => setAdding(false)} />
      <NewSecret target={rotated} onClose={() => setRotated(null)} />
      <ConfirmByName
        opened={removed !== null}
        onClose={() => setRemoved(null)}
        title="Delete target"
        name={removed?.name ?? ""}
        busy={removal.isPending}
        onConfirm={() => removed !== null && removal.mutate({ params: { path: { target_id: removed.id } } })}
      >
        It can be deleted once no alert has it. Its secret goes with it.
      </ConfirmByName>
    </SettingPart>
  );
}

const SUBSCRIPTIONS = {
  confirmed: { color: "pine", text: "confirmed" },
  pending: { color: "yellow", text: "not confirmed yet: a link is in its mailbox" },
  log: { color: "gray", text: "written to the log on this machine" },
  unknown: { color: "gray", text: "whether it is confirmed is not known" },
};

function Subscription({ target: { subscription } }: { target: Target }) {
  if (subscription === null) return null;
  const { color, text } = SUBSCRIPTIONS[subscription];
  return (
    <Badge variant="light" color={color} style={{ textTransform: "none" }}>
      {text}
    </Badge>
  );
}

function Health({ target }: { target: Target }) {
  const { last_success_at: success, last_error: error, last_error_at: errorAt } = target;
  if (success === null && errorAt === null) {
    return (
      <Text size="sm" c="dimmed">
        None yet
      </Text>
    );
  }
  return (
    <Stack gap={2}>
      {error !== null && (
        <Text size="sm" c="var(--mantine-color-error)" style={{ overflowWrap: "anywhere" }}>
          Not reached <RelativeTime at={errorAt} />: {error}
        </Text>
      )}
      <Text size={error === null ? "sm" : "xs"} c={error === null ? undefined : "dimmed"}>
        {success === null ? (
          "Never reached"
        ) : (
          <>
            Reached <RelativeTime at={success} />
          </>
        )}
      </Text>
    </Stack>
  );
}
