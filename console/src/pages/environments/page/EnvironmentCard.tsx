import { Alert, Group, Paper, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { api } from "@/api/client";
import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { CopyField } from "@/components/Copy";
import { LinkButton, TextLink } from "@/components/LinkButton";
import { RelativeTime } from "@/components/RelativeTime";
import { toasts } from "@/components/toasts";
import { addressAt } from "@/pages/environments/domain_address";
import { CanaryBadge } from "@/pages/environments/CanaryBadge";
import { inForce } from "@/pages/environments/deployments/canary";
import { Firing } from "@/pages/environments/alerts/Firing";
import classes from "@/pages/environments/page/EnvironmentCard.module.css";
import { DeliveryError } from "@/pages/environments/page/DeliveryError";
import type { Health } from "@/pages/environments/page/health";
import { useHealth } from "@/pages/environments/page/use_health";
import { StatusBadge } from "@/pages/environments/StatusBadge";
import { counted, exactCount, percent } from "@/text/units";

type Environment = Model<"Environment">;

/** Deployments among which one is that was no canary, or one that was promoted. */
const LOOKED_BACK = 20;

/** What an environment is, what runs in it, and how it does. */
export function EnvironmentCard({ environment }: { environment: Environment }) {
  const { name, address, custom_domain: domain } = environment;
  return (
    <Paper component={Stack} gap="md">
      <Stack gap={6}>
        <Group gap="sm">
          <Title order={1}>{name}</Title>
          <StatusBadge environment={environment} />
          <CanaryBadge environment={environment} />
        </Group>
        <Group gap="xs" c="dimmed">
          <CopyField cutAt="start" value={address} label={`Copy the address of ${name}`} />
          {domain !== null && <CopyField value={addressAt(domain, address)} label={`Copy the address at ${domain}`} />}
        </Group>
      </Stack>
      {environment.status === "failed" && <Failed environment={environment} />}
      <DeliveryError environment={environment} />
      <Firing environment={environment} />
      <dl className={classes.facts}>
        <Running environment={environment} />
        <Figures environmentId={environment.id} />
      </dl>
    </Paper>
  );
}

function Failed({ environment }: { environment: Environment }) {
  const refused = useRefusal("editor");
  const again = api.useMutation("patch", "/v1/environments/{environment_id}", {
    onSuccess: () => toasts.done(`Environment “${environment.name}” is set up again.`),
  });
  return (
    <Alert color="red" title="It could not be set up">
      {environment.status_reason}
      <Group gap="xs" mt="sm">
        <ActionButton
          size="xs"
          loading={again.isPending}
          refused={refused}
          onClick={() => again.mutate({ params: { path: { environment_id: environment.id } }, body: {} })}
        >
          Try again
        </ActionButton>
        <LinkButton
          size="xs"
          variant="default"
          to="/endpoints/$endpointId/environments/$environmentId/destination"
          params={{ endpointId: environment.endpoint_id, environmentId: environment.id }}
        >
          Check the destination
        </LinkButton>
      </Group>
    </Alert>
  );
}

function Fact({ name, below, children }: { name: string; below?: ReactNode; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
      {below !== undefined && <dd className={classes.below}>{below}</dd>}
    </div>
  );
}

/** The revision that runs, and who deployed it why. */
function Running({ environment }: { environment: Environment }) {
  const { endpoint_id: endpointId, revision_id: revisionId } = environment;
  const revisions = useQuery(lists.revisions(endpointId));
  const deployments = api.useQuery("get", "/v1/environments/{environment_id}/deployments", {
    params: { path: { environment_id: environment.id }, query: { limit: LOOKED_BACK } },
  });
  const latest = inForce(deployments.data?.items ?? []);
  return (
    <Fact
      name="Running"
      below={
        <>
          since <RelativeTime at={environment.deployed_at} />
          {latest !== undefined && `, by ${latest.who.name}`}
          {latest !== undefined && latest.note !== "" && (
            <Text span inherit className={classes.note} title={latest.note}>
              “{latest.note}”
            </Text>
          )}
        </>
      }
    >
      <TextLink to="/endpoints/$endpointId/revisions/$revisionId" params={{ endpointId, revisionId }} fw={600}>
        {revisions.data?.find(({ id }) => id === revisionId)?.name ?? "…"}
      </TextLink>
    </Fact>
  );
}

function Figures({ environmentId }: { environmentId: string }) {
  const { data: health } = useHealth(environmentId);
  if (health === undefined) {
    return ["Last event", "Refused", "Delivery"].map((name) => (
      <Fact key={name} name={name}>
        <Skeleton component="span" display="block" height={16} mt={4} width={90} />
      </Fact>
    ));
  }
  const { events, refused, refusedShare, limited, lastEventAt } = health;
  return (
    <>
      <Fact name="Last event" below={events === 0 ? "none in 24 hours" : `${counted(events, "event")} in 24 hours`}>
        <RelativeTime at={lastEventAt} none="–" />
      </Fact>
      <Fact
        name="Refused"
        below={
          refusedShare !== null &&
          `${exactCount(refused)} in 24 hours${limited > 0 ? `, ${exactCount(limited)} over a limit` : ""}`
        }
      >
        {refusedShare === null ? "–" : percent(refusedShare)}
      </Fact>
      <Fact name="Delivery" below={deliveryBelow(health)}>
        {health.setAside > 0
          ? `${counted(health.setAside, "event")} set aside`
          : health.inFlight > 0
            ? `${counted(health.inFlight, "event")} on their way`
            : health.deliveredTo === null
              ? "–"
              : "Up to date"}
      </Fact>
    </>
  );
}

function deliveryBelow({ setAside, inFlight, waitingSince, deliveredTo }: Health): ReactNode {
  if (setAside > 0) return "refused by the destination in 24 hours";
  if (inFlight > 0 && waitingSince !== null) {
    return (
      <>
        the oldest from <RelativeTime at={waitingSince} />
      </>
    );
  }
  if (deliveredTo === null) return "nothing delivered in 24 hours";
  return (
    <>
      newest delivered event: <RelativeTime at={deliveredTo} />
    </>
  );
}
