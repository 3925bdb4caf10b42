import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconArrowBackUp, IconRocket } from "@tabler/icons-react";

import { api } from "@/api/client";
import { failureFrom } from "@/api/problem";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { FormFailure } from "@/components/FormFailure";
import { RelativeTime } from "@/components/RelativeTime";
import { toasts } from "@/components/toasts";
import classes from "@/pages/environments/deployments/RunningCanary.module.css";
import { counted, exactCount, percent } from "@/text/units";

interface Props {
  environment: Model<"Environment">;
  deployment: Model<"Deployment">;
  nameOf: (revisionId: string) => string;
}

/** A canary that runs: what both revisions refuse, side by side, and the two ways to end it. */
export function RunningCanary({ environment, deployment, nameOf }: Props) {
  const { canary } = deployment;
  const refused = useRefusal("editor");
  const params = { path: { environment_id: environment.id, deployment_id: deployment.id } };
  const [canaryName, currentName] = [nameOf(deployment.revision_id), nameOf(environment.revision_id)];
  const promote = api.useMutation("post", "/v1/environments/{environment_id}/deployments/{deployment_id}/promote", {
    meta: { showsFailures: true },
    onSuccess: () => toasts.done(`“${canaryName}” gets all requests within five seconds.`),
  });
  const abort = api.useMutation("post", "/v1/environments/{environment_id}/deployments/{deployment_id}/abort", {
    meta: { showsFailures: true },
    onSuccess: () => toasts.done(`“${currentName}” gets all requests again within five seconds.`),
  });
  if (canary === null) return null;
  const failure = promote.error ?? abort.error;
  return (
    <Paper component="section" aria-label="Canary">
      <Stack gap="md">
        <Stack gap={4}>
          <Title order={3}>
            {canary.share} % of the requests go to {canaryName}
          </Title>
          <Text size="sm" c="dimmed">
            Ends <RelativeTime at={canary.until} /> if you don’t promote it. Aborted automatically if its refused share
            is larger by more than {counted(canary.max_extra_refused, "percentage point")}.
          </Text>
        </Stack>
        <dl className={classes.sides}>
          <Side name={`Canary: ${canaryName}`} refused={canary.compared?.canary} />
          <Side name={`Current: ${currentName}`} refused={canary.compared?.current} />
        </dl>
        <Group gap="sm">
          <ActionButton
            leftSection={<IconRocket size={16} />}
            loading={promote.isPending}
            refused={refused}
            onClick={() => promote.mutate({ params })}
          >
            Promote {canaryName}
          </ActionButton>
          <ActionButton
            variant="default"
            leftSection={<IconArrowBackUp size={16} />}
            loading={abort.isPending}
            refused={refused}
            onClick={() => abort.mutate({ params })}
          >
            Abort canary
          </ActionButton>
        </Group>
        <FormFailure failure={failure === null ? null : failureFrom(failure)} />
      </Stack>
    </Paper>
  );
}

function Side({ name, refused }: { name: string; refused: Model<"RefusedShare"> | undefined }) {
  return (
    <div className={classes.side}>
      <dt>{name}</dt>
      <dd className={classes.share}>
        {refused === undefined || refused.events === 0 ? "–" : `${percent(refused.refused / refused.events)} refused`}
      </dd>
      <dd>
        <Text size="sm" c="dimmed">
          {refused === undefined
            ? "Not known at the moment"
            : refused.events === 0
              ? "No events yet"
              : `${exactCount(refused.refused)} of ${counted(refused.events, "event")}`}
        </Text>
      </dd>
    </div>
  );
}
