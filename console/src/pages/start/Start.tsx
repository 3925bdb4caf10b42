import { Stepper } from "@mantine/core";
import { useSessionStorage } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { Loaded } from "@/components/Loaded";
import { Page } from "@/components/Page";
import { EnvironmentStep } from "@/pages/start/EnvironmentStep";
import { FirstStep } from "@/pages/start/FirstStep";
import { ReviewStep } from "@/pages/start/ReviewStep";
import type { Begun } from "@/pages/start/begun";
import { SendStep } from "@/pages/start/SendStep";
import classes from "@/pages/start/Start.module.css";

/** Leads from nothing to the first event. What has been made stands in the address, so a reload goes on there. */
export function Start() {
  const { revision: revisionId, environment: environmentId } = useSearch({ from: "/app/start" });
  // Kept for a reload; what was begun in another revision is no part of this one.
  const [kept, setBegun] = useSessionStorage<Begun | null>({
    key: "ingest-endpoints.begun",
    defaultValue: null,
    getInitialValueInEffect: false,
  });
  const begun = kept?.revisionId === revisionId ? kept : null;
  const revision = api.useQuery(
    "get",
    "/v1/revisions/{revision_id}",
    { params: { path: { revision_id: revisionId ?? "" } } },
    { enabled: revisionId !== undefined },
  );
  const step = stepOf(revisionId, revision.data, environmentId);
  return (
    <Page title="From nothing to your first event" lead="Four steps; everything can be changed later.">
      <Stepper
        active={step}
        size="sm"
        allowNextStepsSelect={false}
        classNames={{ step: classes.step, stepBody: classes.stepBody, stepDescription: classes.stepDescription }}
      >
        <Stepper.Step label="Start" description="Sample or template" />
        <Stepper.Step label="Schema" description="Check the fields" />
        <Stepper.Step label="Environment" description="Give it an address" />
        <Stepper.Step label="First event" description="Send it" />
      </Stepper>
      {revisionId === undefined ? (
        <FirstStep onBegun={setBegun} />
      ) : (
        <Loaded query={revision} failed="The revision could not be loaded">
          {(loaded) => <Later revision={loaded} environmentId={environmentId} begun={begun} />}
        </Loaded>
      )}
    </Page>
  );
}

function Later(props: { revision: Model<"RevisionWithFields">; environmentId?: string; begun: Begun | null }) {
  const { revision, environmentId, begun } = props;
  const navigate = useNavigate({ from: "/start" });
  if (environmentId !== undefined) {
    return <SendStep endpointId={revision.endpoint_id} environmentId={environmentId} begun={begun} />;
  }
  if (revision.state === "draft") return <ReviewStep revision={revision} begun={begun} />;
  const go = (environment: string) => void navigate({ search: (old) => ({ ...old, environment }), replace: true });
  return <EnvironmentStep revision={revision} onCreated={go} />;
}

function stepOf(
  revisionId: string | undefined,
  revision: Model<"RevisionWithFields"> | undefined,
  environmentId: string | undefined,
): number {
  if (revisionId === undefined) return 0;
  if (environmentId !== undefined) return 3;
  return revision?.state === "finalised" ? 2 : 1;
}
