import { Stack, Text } from "@mantine/core";
import { IconKey, IconKeyOff, IconTrash } from "@tabler/icons-react";
import { useState } from "react";

import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ConfirmByName } from "@/components/ConfirmByName";
import { CopyField } from "@/components/Copy";
import { DataTable, type Column } from "@/components/DataTable";
import { IconButton } from "@/components/IconButton";
import { RelativeTime } from "@/components/RelativeTime";
import { toasts } from "@/components/toasts";
import classes from "@/pages/environments/Environments.module.css";
import { postingAddress, SCHEMES } from "@/pages/environments/keys/hook_schemes";
import { ReplaceSecret } from "@/pages/environments/keys/ReplaceSecret";
import { SettingPart } from "@/pages/environments/keys/SettingPart";
import { useSettingChange } from "@/pages/environments/keys/setting_change";
import { withoutOlderSecret, withoutWebhook } from "@/pages/environments/keys/webhook_changes";
import { AddWebhook } from "@/pages/environments/keys/WebhookForm";

type Hook = Model<"ShownWebhook">;

/** The webhooks of other services that an environment accepts. */
export function Webhooks({ environment }: { environment: Model<"Environment"> }) {
  const refused = useRefusal("editor");
  const [isAdding, setAdding] = useState(false);
  const [replaced, setReplaced] = useState<Hook | null>(null);
  const [trimmed, setTrimmed] = useState<Hook | null>(null);
  const [removed, setRemoved] = useState<Hook | null>(null);
  const rows = environment.webhooks;
  const trimming = useSettingChange(environment, {
    onSaved: () => {
      toasts.done(`The older secret of “${trimmed?.name ?? ""}” is removed.`);
      setTrimmed(null);
    },
  });
  const removal = useSettingChange(environment, {
    onSaved: () => {
      toasts.done(`Webhook “${removed?.name ?? ""}” removed.`);
      setRemoved(null);
    },
  });
  const columns: Column<Hook>[] = [
    { id: "name", title: "Name", kind: "name", render: ({ name }) => name },
    { id: "sender", title: "Sender", render: ({ scheme }) => SCHEMES[scheme].sender },
    {
      id: "address",
      title: "Address",
      onPhone: "line",
      render: (hook) => (
        <div className={classes.hookAddress}>
          <CopyField
            cutAt="start"
            value={postingAddress(hook, environment.write_keys)}
            label={`Copy the address of ${hook.name}`}
          />
        </div>
      ),
    },
    { id: "secrets", title: "Secrets", before: "secrets:", render: (hook) => <Secrets hook={hook} /> },
    {
      id: "actions",
      title: "Actions",
      kind: "actions",
      onPhone: "end",
      render: (hook) => (
        <div className={classes.rowActions}>
          {hook.secrets_set > 1 && (
            <IconButton
              label={`Remove the older secret of ${hook.name}`}
              icon={<IconKeyOff size={16} />}
              refused={refused}
              onClick={() => setTrimmed(hook)}
            />
          )}
          {hook.scheme !== "none" && (
            <IconButton
              label={`Replace the secret of ${hook.name}`}
              icon={<IconKey size={16} />}
              refused={refused}
              onClick={() => setReplaced(hook)}
            />
          )}
          <IconButton
            label={`Remove ${hook.name}`}
            icon={<IconTrash size={16} />}
            destroys
            refused={refused}
            onClick={() => setRemoved(hook)}
          />
        </div>
      ),
    },
  ];
  return (
    <SettingPart
      title="Webhooks"
      lead={
        rows.length === 0
          ? "No webhooks. Add one for each sender, such as GitHub or Stripe."
          : "Each sender posts to an address of its own."
      }
      add="Add webhook"
      onAdd={() => setAdding(true)}
    >
      {rows.length > 0 && (
        <DataTable label="Webhooks" phone="list" columns={columns} rows={rows} rowKey={({ name }) => name} />
      )}
      <AddWebhook environment={environment} opened={isAdding} onClose={() => setAdding(false)} />
      <ReplaceSecret environment={environment} hook={replaced} onClose={() => setReplaced(null)} />
      <ConfirmByName
        opened={trimmed !== null}
        onClose={() => setTrimmed(null)}
        title="Remove the older secret"
        name={trimmed?.name ?? ""}
        busy={trimming.isPending}
        onConfirm={() => trimming.save({ webhooks: withoutOlderSecret(rows, trimmed?.name ?? "") })}
      >
        Requests signed with the older secret are answered 401 within 5 seconds, and are not kept. First make sure that
        the sender signs with the newer one.
      </ConfirmByName>
      <ConfirmByName
        opened={removed !== null}
        onClose={() => setRemoved(null)}
        title="Remove webhook"
        name={removed?.name ?? ""}
        busy={removal.isPending}
        onConfirm={() => removal.save({ webhooks: withoutWebhook(rows, removed?.name ?? "") })}
      >
        Requests to its address are answered 404 within 5 seconds, and are not kept. Its secrets are deleted. Remove the
        webhook at the sender, too.
      </ConfirmByName>
    </SettingPart>
  );
}

function Secrets({ hook: { secrets_set: count, secrets_changed_at: changedAt, scheme } }: { hook: Hook }) {
  if (scheme === "none") return <Text size="sm">not signed</Text>;
  return (
    <Stack gap={0}>
      <Text size="sm">{count === 2 ? "2: a newer and an older one" : count}</Text>
      {changedAt !== null && (
        <Text size="xs" c="dimmed">
          set <RelativeTime at={changedAt} />
        </Text>
      )}
    </Stack>
  );
}
