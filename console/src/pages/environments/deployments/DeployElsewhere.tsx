import { Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { EmptyState } from "@/components/EmptyState";
import { FormDrawer } from "@/components/FormDialog";
import { LinkButton } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { optionsOf } from "@/components/options";
import { isOlder } from "@/pages/environments/deployments/deployable";
import { DeployForm } from "@/pages/environments/deployments/DeployForm";

interface Props {
  /** A finalised one; null: the drawer is closed. */
  revision: Model<"Revision"> | null;
  onClose: () => void;
}

/** Deploys a given revision to an environment that you choose, in a drawer. */
export function DeployElsewhere({ revision, onClose }: Props) {
  return (
    <FormDrawer opened={revision !== null} onClose={onClose} title={`Deploy ${revision?.name ?? ""}`}>
      {revision !== null && <Choose revision={revision} onClose={onClose} />}
    </FormDrawer>
  );
}

function Choose({ revision, onClose }: { revision: Model<"Revision">; onClose: () => void }) {
  const environments = useQuery(lists.environments(revision.endpoint_id));
  const revisions = useQuery(lists.revisions(revision.endpoint_id));
  const [picked, setPicked] = useState<string | null>(null);
  return (
    <Loaded query={environments} failed="The environments could not be loaded">
      {(all) => {
        const others = all.filter(({ revision_id }) => revision_id !== revision.id);
        const chosen = others.find(({ id }) => id === picked) ?? (others.length === 1 ? others[0] : undefined);
        if (others.length === 0) return <Nowhere endpointId={revision.endpoint_id} hasSome={all.length > 0} />;
        return (
          <Stack>
            <Select
              label="Environment"
              placeholder="Choose an environment"
              data-autofocus
              searchable
              data={optionsOf(others)}
              value={chosen?.id ?? null}
              onChange={setPicked}
            />
            {chosen !== undefined && (
              <>
                <Text size="sm">
                  Running there:{" "}
                  <strong>{revisions.data?.find(({ id }) => id === chosen.revision_id)?.name ?? "…"}</strong>.
                </Text>
                <DeployForm
                  key={chosen.id}
                  environment={chosen}
                  revision={revision}
                  isOlder={isOlder(revisions.data ?? [], revision.id, chosen.revision_id)}
                  onDeployed={onClose}
                />
              </>
            )}
          </Stack>
        );
      }}
    </Loaded>
  );
}

function Nowhere({ endpointId, hasSome }: { endpointId: string; hasSome: boolean }) {
  return (
    <EmptyState
      title={hasSome ? "Every environment runs it" : "No environments"}
      action={
        <LinkButton
          to="/endpoints/$endpointId/environments"
          params={{ endpointId }}
          search={{ open: "new" }}
          variant="default"
        >
          New environment
        </LinkButton>
      }
    >
      {hasSome ? "Create another environment to run it there as well." : "Create one that runs this revision."}
    </EmptyState>
  );
}
