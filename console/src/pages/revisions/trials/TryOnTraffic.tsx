import { Group, Select, Stack, Text } from "@mantine/core";
import { IconTestPipe } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "@/api/client";
import { lists } from "@/api/pages";
import { failureFrom } from "@/api/problem";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { FormFailure } from "@/components/FormFailure";
import { Loaded } from "@/components/Loaded";
import { optionsOf } from "@/components/options";
import { TrialResult } from "@/pages/revisions/trials/TrialResult";
import { SOURCE_CHOICES } from "@/pages/revisions/trials/trial_words";
import { useTrial } from "@/pages/revisions/trials/use_trial";

type Source = Model<"Trial">["source"];

const SAMPLE = 50_000;

interface Props {
  revision: Pick<Model<"Revision">, "id" | "endpoint_id">;
  /** Whose events; without it, one of the endpoint's that you choose. */
  environment?: Pick<Model<"Environment">, "id" | "name">;
  /** Whether you choose where the events come from; if not, they are those delivered. */
  choosesSource?: boolean;
  /** A link leads away from what this stands in. */
  onLeave?: () => void;
}

/** Tries a revision on the last day's events before it is finalised or deployed; it changes nothing. */
export function TryOnTraffic({ environment, ...props }: Props) {
  if (environment !== undefined) return <Try environments={[environment]} {...props} />;
  return <OfTheEndpoint {...props} />;
}

function OfTheEndpoint(props: Omit<Props, "environment">) {
  const environments = useQuery(lists.environments(props.revision.endpoint_id));
  return (
    <Loaded query={environments} failed="The environments could not be loaded">
      {(all) =>
        all.length === 0 ? (
          <Text size="sm" c="dimmed">
            No environment has received events yet on which it could be tried.
          </Text>
        ) : (
          <Try environments={all} {...props} />
        )
      }
    </Loaded>
  );
}

interface TryProps extends Omit<Props, "environment"> {
  environments: Pick<Model<"Environment">, "id" | "name">[];
}

function Try({ revision, environments, choosesSource = false, onLeave }: TryProps) {
  const [picked, setPicked] = useState<string | null>(environments[0]?.id ?? null);
  const [source, setSource] = useState<Source>("delivered");
  const refused = useRefusal("editor");
  const start = api.useMutation("post", "/v1/revisions/{revision_id}/trials", { meta: { showsFailures: true } });
  const begin = () => {
    if (picked === null) return;
    start.mutate({
      params: { path: { revision_id: revision.id } },
      body: { environment_id: picked, source, sample: SAMPLE },
    });
  };
  return (
    <Stack gap="sm">
      <Group align="flex-end" gap="sm">
        {environments.length > 1 && (
          <Select
            label="Events of"
            allowDeselect={false}
            searchable
            data={optionsOf(environments)}
            value={picked}
            onChange={setPicked}
          />
        )}
        {choosesSource && (
          <Select
            label="Which events"
            allowDeselect={false}
            data={SOURCE_CHOICES}
            value={source}
            onChange={(value) => value !== null && setSource(value)}
          />
        )}
        <ActionButton
          variant="default"
          leftSection={<IconTestPipe size={16} />}
          loading={start.isPending}
          refused={refused}
          onClick={begin}
        >
          Try on the last day’s traffic
        </ActionButton>
      </Group>
      <FormFailure failure={start.error === null ? null : failureFrom(start.error)} />
      {start.data !== undefined && (
        <OneTrial trialId={start.data.id} endpointId={revision.endpoint_id} onLeave={onLeave} />
      )}
    </Stack>
  );
}

/** A trial that runs or has ended. */
export function OneTrial({
  trialId,
  endpointId,
  onLeave,
}: {
  trialId: string;
  endpointId: string;
  onLeave?: () => void;
}) {
  const trial = useTrial(trialId);
  return (
    <Loaded query={trial} failed="The trial could not be loaded">
      {(found) => <TrialResult trial={found} endpointId={endpointId} onLeave={onLeave} />}
    </Loaded>
  );
}
