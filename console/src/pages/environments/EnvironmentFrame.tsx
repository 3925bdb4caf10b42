import { Group, Stack, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { LinesSkeleton } from "@/components/Loaded";

interface Props {
  /** What its tab is called. */
  title: string;
  actions?: (environment: Model<"Environment">) => ReactNode;
  children: (environment: Model<"Environment">) => ReactNode;
}

/** The content of one of an environment's tabs. Its heading is for screen readers: the tab above shows it already. */
export function EnvironmentFrame({ title, actions, children }: Props) {
  const { environmentId = "" } = useParams({ strict: false });
  // Loaded by the layout around it, which has the skeleton, the failure and the retry.
  const { data: environment } = api.useQuery("get", "/v1/environments/{environment_id}", {
    params: { path: { environment_id: environmentId } },
  });
  useDocumentTitle(`${title}: ${environment?.name ?? "…"} · ingest-endpoints`);
  if (environment === undefined) return <LinesSkeleton />;
  return (
    <Stack gap="md" component="section" aria-label={title}>
      <Title order={2} className="said">
        {title}
      </Title>
      {actions !== undefined && <Group gap="xs">{actions(environment)}</Group>}
      {children(environment)}
    </Stack>
  );
}
