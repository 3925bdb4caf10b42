import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { EmptyState } from "@/components/EmptyState";
import { LinkButton, TextLink } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { Section } from "@/components/Page";

interface Props {
  /** `Deploy`, before the environment's name. */
  title: string;
  actions?: (environment: Model<"Environment">) => ReactNode;
  children: (environment: Model<"Environment">) => ReactNode;
}

/** A page of one environment, with the way back to all of them. */
export function EnvironmentFrame({ title, actions, children }: Props) {
  const { endpointId = "", environmentId = "" } = useParams({ strict: false });
  const query = api.useQuery("get", "/v1/environments/{environment_id}", {
    params: { path: { environment_id: environmentId } },
  });
  const missing = (
    <EmptyState
      title="There is no such environment"
      action={
        <LinkButton to="/endpoints/$endpointId/environments" params={{ endpointId }} variant="default">
          All environments
        </LinkButton>
      }
    >
      It may have been deleted.
    </EmptyState>
  );
  return (
    <Loaded query={query} failed="The environment could not be loaded" missing={missing}>
      {(environment) => (
        <Section
          title={`${title}: ${environment.name}`}
          lead={
            <TextLink to="/endpoints/$endpointId/environments" params={{ endpointId }} size="sm">
              All environments
            </TextLink>
          }
          actions={actions?.(environment)}
        >
          {children(environment)}
        </Section>
      )}
    </Loaded>
  );
}
