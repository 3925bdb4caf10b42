import { Badge, Breadcrumbs, Skeleton, Stack } from "@mantine/core";
import { Outlet, useLocation, useParams } from "@tanstack/react-router";

import { api } from "@/api/client";
import { DocsLink } from "@/components/DocsLink";
import { EmptyState } from "@/components/EmptyState";
import { LinkButton, TextLink } from "@/components/LinkButton";
import { LinesSkeleton, Loaded } from "@/components/Loaded";
import { useFiringKnown } from "@/pages/environments/alerts/use_alerts";
import { EnvironmentCard } from "@/pages/environments/page/EnvironmentCard";
import { CurrentCrumb } from "@/shell/CurrentCrumb";
import { Tab, Tabs } from "@/shell/Tabs";
import type { DocsWord } from "@/text/docs_pages";
import { humanCount } from "@/text/units";

/** What the docs call each page, by the end of its address. */
const DOCS_WORDS: Record<string, DocsWord> = {
  "": "Live",
  install: "Install",
  quarantine: "Quarantine",
  "unknown-fields": "Unknown fields",
  deployments: "Deployments",
  destination: "Destination",
  domain: "Domain",
  "keys-and-webhooks": "Keys and webhooks",
  alerts: "Alerts",
  settings: "Settings",
};

const CARD_HEIGHT = 172;
const COUNT_STALE_MS = 30_000;
const CANARY_POLL_MS = 5_000;
const HEALTH_POLL_MS = 15_000;

/** An environment's card and tabs above each of its pages. */
export function EnvironmentLayout() {
  const params = useParams({ from: "/app/endpoints/$endpointId/environments/$environmentId" });
  const { endpointId, environmentId } = params;
  const endpoint = api.useQuery("get", "/v1/endpoints/{endpoint_id}", {
    params: { path: { endpoint_id: endpointId } },
  });
  const query = api.useQuery(
    "get",
    "/v1/environments/{environment_id}",
    { params: { path: { environment_id: environmentId } } },
    // A canary may end, and a destination fail or recover, while no one does anything here.
    { refetchInterval: ({ state }) => (state.data?.canary == null ? HEALTH_POLL_MS : CANARY_POLL_MS) },
  );
  const isKnown = useFiringKnown(endpointId); // the card is higher with an alert that fires: what is below would jump
  return (
    <Stack gap="lg">
      <Breadcrumbs style={{ rowGap: 4, flexWrap: "wrap" }}>
        <TextLink to="/" size="sm">
          Endpoints
        </TextLink>
        <TextLink
          to="/endpoints/$endpointId"
          params={{ endpointId }}
          size="sm"
          className="ellipsis"
          maw={240}
          title={endpoint.data?.name}
        >
          {endpoint.data?.name ?? "…"}
        </TextLink>
        <TextLink to="/endpoints/$endpointId/environments" params={{ endpointId }} size="sm">
          Environments
        </TextLink>
        <CurrentCrumb name={query.data?.name} />
      </Breadcrumbs>
      <Loaded
        query={query}
        skeleton={<LayoutSkeleton params={params} />}
        failed="The environment could not be loaded"
        missing={<NoSuchEnvironment endpointId={endpointId} />}
      >
        {(environment) =>
          isKnown ? (
            <>
              <EnvironmentCard environment={environment} />
              <EnvironmentTabs params={params} />
              <Outlet />
            </>
          ) : (
            <LayoutSkeleton params={params} />
          )
        }
      </Loaded>
    </Stack>
  );
}

interface Params {
  params: { endpointId: string; environmentId: string };
}

function LayoutSkeleton({ params }: Params) {
  return (
    <Stack gap="lg">
      <Skeleton height={CARD_HEIGHT} />
      <EnvironmentTabs params={params} />
      <LinesSkeleton />
    </Stack>
  );
}

function EnvironmentTabs({ params }: Params) {
  const shared = { params, activeOptions: { includeSearch: false } };
  const word = useLocation({ select: ({ pathname }) => DOCS_WORDS[pathname.split("/")[5] ?? ""] });
  return (
    <Tabs label="Environment" end={word !== undefined && <DocsLink word={word} />}>
      <Tab
        to="/endpoints/$endpointId/environments/$environmentId"
        params={params}
        activeOptions={{ exact: true, includeSearch: false }}
      >
        Live
      </Tab>
      <Tab to="/endpoints/$endpointId/environments/$environmentId/install" {...shared}>
        Install
      </Tab>
      <Tab to="/endpoints/$endpointId/environments/$environmentId/quarantine" {...shared}>
        Quarantine
        <InQuarantine environmentId={params.environmentId} />
      </Tab>
      <Tab to="/endpoints/$endpointId/environments/$environmentId/unknown-fields" {...shared}>
        Unknown fields
      </Tab>
      <Tab to="/endpoints/$endpointId/environments/$environmentId/deployments" {...shared}>
        Deployments
      </Tab>
      <Tab to="/endpoints/$endpointId/environments/$environmentId/destination" {...shared}>
        Destination
      </Tab>
      <Tab to="/endpoints/$endpointId/environments/$environmentId/domain" {...shared}>
        Domain
      </Tab>
      <Tab to="/endpoints/$endpointId/environments/$environmentId/keys-and-webhooks" {...shared}>
        Keys
      </Tab>
      <Tab to="/endpoints/$endpointId/environments/$environmentId/alerts" {...shared}>
        Alerts
      </Tab>
      <Tab to="/endpoints/$endpointId/environments/$environmentId/settings" {...shared}>
        Settings
      </Tab>
    </Tabs>
  );
}

/** How many events wait in quarantine; without samples, since those would be read and noted in the audit log. */
function InQuarantine({ environmentId }: { environmentId: string }) {
  const { data } = api.useQuery(
    "get",
    "/v1/environments/{environment_id}/quarantine",
    { params: { path: { environment_id: environmentId }, query: { limit: 1, samples: 0 } } },
    { staleTime: COUNT_STALE_MS, refetchInterval: COUNT_STALE_MS },
  );
  if (data === undefined || data.events === 0) return null;
  return (
    <Badge component="span" size="sm" variant="light" color="yellow" ml={6}>
      {humanCount(data.events)}
    </Badge>
  );
}

function NoSuchEnvironment({ endpointId }: { endpointId: string }) {
  return (
    <EmptyState
      title="There is no such environment"
      action={
        <LinkButton to="/endpoints/$endpointId/environments" params={{ endpointId }} variant="default">
          All environments
        </LinkButton>
      }
    >
      It may have been deleted, or belong to another organisation.
    </EmptyState>
  );
}
