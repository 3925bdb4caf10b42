import { Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useState } from "react";

import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ConfirmByName } from "@/components/ConfirmByName";
import { CopyField } from "@/components/Copy";
import { DataTable, type Column } from "@/components/DataTable";
import { IconButton } from "@/components/IconButton";
import { toasts } from "@/components/toasts";
import { SettingPart } from "@/pages/environments/keys/SettingPart";
import { useSettingChange } from "@/pages/environments/keys/setting_change";
import { AddWriteKey } from "@/pages/environments/keys/WriteKeyForm";
import { afterRemoval } from "@/pages/environments/keys/write_keys";

/** The keys of which every request to an environment has to carry one. */
export function WriteKeys({ environment }: { environment: Model<"Environment"> }) {
  const refused = useRefusal("editor");
  const [isAdding, setAdding] = useState(false);
  const [removed, setRemoved] = useState<string | null>(null);
  const keys = environment.write_keys;
  const change = useSettingChange(environment, {
    onSaved: () => {
      toasts.done(`Write key “${removed ?? ""}” removed.`);
      setRemoved(null);
    },
  });
  const columns: Column<string>[] = [
    { id: "key", title: "Key", kind: "name", render: (key) => <CopyField value={key} label={`Copy the key ${key}`} /> },
    {
      id: "actions",
      title: "Actions",
      kind: "actions",
      render: (key) => (
        <IconButton
          label={`Remove ${key}`}
          icon={<IconTrash size={16} />}
          destroys
          refused={refused}
          onClick={() => setRemoved(key)}
        />
      ),
    },
  ];
  return (
    <SettingPart
      title="Write keys"
      lead={
        keys.length === 0
          ? "No key is needed: the address alone lets a sender in."
          : "Every request needs one of these keys, except signed webhooks. To turn a sender away, remove its key."
      }
      add="Add write key"
      onAdd={() => setAdding(true)}
    >
      {keys.length > 0 && (
        <DataTable label="Write keys" phone="list" columns={columns} rows={keys} rowKey={(key) => key} />
      )}
      <AddWriteKey environment={environment} opened={isAdding} onClose={() => setAdding(false)} />
      <ConfirmByName
        opened={removed !== null}
        onClose={() => setRemoved(null)}
        title="Remove write key"
        name={removed ?? ""}
        busy={change.isPending}
        onConfirm={() => change.save({ write_keys: keys.filter((key) => key !== removed) })}
      >
        <Text>{removed === null ? "" : afterRemoval(removed, keys)}</Text>
      </ConfirmByName>
    </SettingPart>
  );
}
