import { Breadcrumbs, Skeleton, Stack, Title } from "@mantine/core";
import { Outlet, useMatchRoute, useParams } from "@tanstack/react-router";

import { api } from "@/api/client";
import { failureFrom } from "@/api/problem";
import { EmptyState } from "@/components/EmptyState";
import { LinkButton, TextLink } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { CurrentCrumb } from "@/shell/CurrentCrumb";
import { Tab, Tabs } from "@/shell/Tabs";

/** An endpoint's name and tabs above each of its pages. */
export function EndpointLayout() {
  const { endpointId } = useParams({ from: "/app/endpoints/$endpointId" });
  const query = api.useQuery("get", "/v1/endpoints/{endpoint_id}", { params: { path: { endpoint_id: endpointId } } });
  const isComparing = useMatchRoute()({ to: "/endpoints/$endpointId/compare/$fromId/$toId" }) !== false;
  const isMissing = query.data === undefined && query.isError && failureFrom(query.error).status === 404;
  if (isMissing) return <NoSuchEndpoint />;
  const params = { endpointId };
  return (
    <Stack gap="lg">
      <Stack gap={4}>
        <Breadcrumbs>
          <TextLink to="/" size="sm">
            Endpoints
          </TextLink>
          <CurrentCrumb name={query.data?.name} />
        </Breadcrumbs>
        <Loaded
          query={query}
          skeleton={<Skeleton height={30} width={220} />}
          failed="The endpoint could not be loaded"
          missing={null}
        >
          {(endpoint) => <Title order={1}>{endpoint.name}</Title>}
        </Loaded>
      </Stack>
      <Tabs label="Endpoint">
        <Tab to="/endpoints/$endpointId" params={params} activeOptions={{ exact: true, includeSearch: false }}>
          Overview
        </Tab>
        <Tab to="/endpoints/$endpointId/environments" params={params} activeOptions={{ includeSearch: false }}>
          Environments
        </Tab>
        <Tab
          to="/endpoints/$endpointId/revisions"
          params={params}
          activeOptions={{ includeSearch: false }}
          isAbove={isComparing}
        >
          Revisions
        </Tab>
      </Tabs>
      <Outlet />
    </Stack>
  );
}

function NoSuchEndpoint() {
  return (
    <EmptyState
      title="There is no such endpoint"
      action={
        <LinkButton to="/" variant="default">
          All endpoints
        </LinkButton>
      }
    >
      It may have been deleted, or belong to another organisation.
    </EmptyState>
  );
}
