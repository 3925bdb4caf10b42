import { Alert, Group, Stack, Text, Textarea } from "@mantine/core";
import { IconArrowBackUp, IconRocket } from "@tabler/icons-react";
import { useState } from "react";

import { api } from "@/api/client";
import { failureFrom } from "@/api/problem";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { FormFailure } from "@/components/FormFailure";
import { Loaded } from "@/components/Loaded";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import type { AskedCanary } from "@/pages/environments/deployments/canary";
import { CanaryChoice } from "@/pages/environments/deployments/CanaryChoice";
import { useDeploy } from "@/pages/environments/deployments/use_deploy";
import { Changes } from "@/pages/revisions/Changes";
import { TryOnTraffic } from "@/pages/revisions/trials/TryOnTraffic";

interface Props {
  environment: Model<"Environment">;
  revision: Model<"Revision">;
  /** It was made before the one that runs. */
  isOlder: boolean;
  onDeployed: () => void;
}

/** What deploying a revision changes, a note, and the button that does it. */
export function DeployForm({ environment, revision, isOlder, onDeployed }: Props) {
  const [note, setNote] = useState("");
  const [canary, setCanary] = useState<AskedCanary | null>(null);
  const refused = useRefusal("editor");
  const deploy = useDeploy(environment, { revisionName: revision.name, onDeployed });
  const noteByDefault = isOlder ? `Back to ${revision.name}` : "";
  return (
    <Stack>
      <UnsavedGuard unsaved={note.trim() !== "" && !deploy.isPending} />
      <Difference from={environment.revision_id} to={revision.id} />
      <TryOnTraffic key={revision.id} revision={revision} environment={environment} />
      <Textarea
        label="Note"
        description="The reason, for the history."
        placeholder={noteByDefault}
        autosize
        minRows={2}
        maxLength={1_000}
        maw={640}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <CanaryChoice value={canary} onChange={setCanary} />
      <FormFailure failure={deploy.error === null ? null : failureFrom(deploy.error)} />
      <Group>
        <ActionButton
          leftSection={isOlder ? <IconArrowBackUp size={16} /> : <IconRocket size={16} />}
          loading={deploy.isPending}
          refused={refused}
          onClick={() => deploy.start(revision.id, note.trim() === "" ? noteByDefault : note, canary)}
        >
          {canary !== null
            ? `Deploy ${revision.name} to ${canary.share} %`
            : isOlder
              ? `Roll back to ${revision.name}`
              : `Deploy ${revision.name}`}
        </ActionButton>
      </Group>
    </Stack>
  );
}

function Difference({ from, to }: { from: string; to: string }) {
  const diff = api.useQuery("get", "/v1/revisions/{revision_id}/diff/{other_id}", {
    params: { path: { revision_id: from, other_id: to } },
  });
  return (
    <Loaded query={diff} failed="The two could not be compared">
      {(found) => {
        if (found.class === "none") return <Text size="sm">Both revisions mean the same.</Text>;
        return (
          <Stack gap="sm">
            {found.class === "breaking" ? (
              <Alert color="red" title="This breaks something">
                Some events that are accepted now will be rejected, or a column changes. Check the marked changes.
              </Alert>
            ) : (
              <Text size="sm">Every event that is accepted now still will be.</Text>
            )}
            <Changes changes={found.changes} from={from} to={to} />
          </Stack>
        );
      }}
    </Loaded>
  );
}
