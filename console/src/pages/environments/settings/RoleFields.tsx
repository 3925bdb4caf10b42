import { Text, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import { useMe } from "@/auth/me";
import { CodeBlock } from "@/components/CodeBlock";
import { CopyField } from "@/components/Copy";
import type { EnvironmentForm } from "@/pages/environments/settings/environment_form";
import { Folded } from "@/pages/environments/settings/Folded";
import { trustPolicy } from "@/pages/environments/settings/policies";

interface Props {
  form: UseFormReturnType<EnvironmentForm>;
  /** What the role may do, in one sentence. */
  may: string;
  /** Who may take it on, if not this deployment alone. */
  trust?: string;
  /** The permissions that it needs. */
  policy: string;
  /** What a key of the user's asks for. */
  keyNote?: string;
  /** What stands for the role where there is none. */
  localNote: string;
}

/** The role of a user that this deployment takes on, and what it has to look like. */
export function RoleFields({ form, may, trust, policy, keyNote, localNote }: Props) {
  const { data: me } = useMe();
  return (
    <>
      <TextInput
        label="Role"
        description={may}
        required
        placeholder="arn:aws:iam::123456789012:role/ingest"
        {...form.getInputProps("destination.role_arn")}
      />
      <Folded title="Policies for the role">
        <Text size="sm" c="dimmed">
          Make the role in your account with these two.
          {me?.deployment_account === null && ` ${localNote}`}
        </Text>
        <Text size="sm" fw={500}>
          Trust policy
        </Text>
        <CodeBlock
          code={trust ?? trustPolicy(me?.deployment_account ?? null, me?.organisation.id)}
          label="Trust policy"
        />
        <Text size="sm" fw={500}>
          Permissions
        </Text>
        <CodeBlock code={policy} label="Permissions" />
        {keyNote !== undefined && (
          <Text size="sm" c="dimmed">
            {keyNote}
          </Text>
        )}
      </Folded>
      <Text size="sm" c="dimmed" component="div">
        External ID: <CopyField value={me?.organisation.id ?? "…"} label="Copy the external ID" />
      </Text>
    </>
  );
}
