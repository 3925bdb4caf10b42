import { Stepper } from "@mantine/core";
import { useSessionStorage } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useState } from "react";

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

type Revision = Model<"RevisionWithFields">;

const STEPS = ["start", "schema", "environment", "send"] as const;
type Step = (typeof STEPS)[number];

/** Leads from nothing to the first event. What has been made stands in the address, so a reload goes on there. */
export function Start() {
  const { revision: revisionId, environment: environmentId, step: asked } = useSearch({ from: "/app/start" });
  const navigate = useNavigate({ from: "/start" });
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
  const [hasArrived, setArrived] = useState(false);
  const onArrived = useCallback(() => setArrived(true), []);
  const isDraft = revision.data?.state === "draft";
  const reached = reachedStep(revisionId, isDraft, environmentId);
  const canGo = (step: Step) =>
    step === reached || (reached !== "send" && (step === "schema" ? !isDraft : step === "start" && isDraft));
  const step = asked !== undefined && canGo(asked) ? asked : reached;
  const go = (next: Step) => {
    const back = next === reached || (next !== "start" && next !== "schema") ? undefined : next;
    void navigate({ search: (old) => ({ ...old, step: back }) });
  };
  return (
    <Page title="From nothing to your first event" lead="Four steps; everything can be changed later.">
      <Stepper
        active={hasArrived ? STEPS.length : STEPS.indexOf(step)}
        size="sm"
        onStepClick={(index) => go(STEPS[index] ?? reached)}
        classNames={{ step: classes.step, stepBody: classes.stepBody, stepDescription: classes.stepDescription }}
      >
        {STEPS.map((name) => (
          <Stepper.Step key={name} {...WORDS[name]} allowStepSelect={revisionId !== undefined && canGo(name)} />
        ))}
      </Stepper>
      {revisionId === undefined ? (
        <FirstStep earlier={null} begun={null} onBegun={setBegun} />
      ) : (
        <Loaded query={revision} failed="The revision could not be loaded">
          {(loaded) =>
            step === "start" ? (
              <Again revision={loaded} begun={begun} onBegun={setBegun} />
            ) : step === "schema" ? (
              <ReviewStep
                revision={loaded}
                begun={begun}
                onBack={() => go("start")}
                onNext={() => go("environment")}
                onCloned={(id) => setBegun(begun === null ? null : { ...begun, revisionId: id })}
              />
            ) : environmentId === undefined ? (
              <EnvironmentStep
                revision={loaded}
                onBack={() => go("schema")}
                onCreated={(environment) =>
                  void navigate({ search: { revision: loaded.id, environment }, replace: true })
                }
              />
            ) : (
              <SendStep
                endpointId={loaded.endpoint_id}
                environmentId={environmentId}
                begun={begun}
                onArrived={onArrived}
              />
            )
          }
        </Loaded>
      )}
    </Page>
  );
}

const WORDS: Record<Step, { label: string; description: string }> = {
  start: { label: "Start", description: "Sample or template" },
  schema: { label: "Schema", description: "Check the fields" },
  environment: { label: "Environment", description: "Give it an address" },
  send: { label: "First event", description: "Send it" },
};

/** The first step once more, with all that was given before. */
function Again(props: { revision: Revision; begun: Begun | null; onBegun: (begun: Begun) => void }) {
  const { revision, ...rest } = props;
  const { endpoint_id } = revision;
  const endpoint = api.useQuery("get", "/v1/endpoints/{endpoint_id}", { params: { path: { endpoint_id } } });
  return (
    <Loaded query={endpoint} failed="The endpoint could not be loaded">
      {({ id, name }) => <FirstStep earlier={{ endpointId: id, name, draftId: revision.id }} {...rest} />}
    </Loaded>
  );
}

function reachedStep(revisionId: string | undefined, isDraft: boolean, environmentId: string | undefined): Step {
  if (revisionId === undefined) return "start";
  if (environmentId !== undefined) return "send";
  return isDraft ? "schema" : "environment";
}
