import { Group, Stack, Text } from "@mantine/core";
import { IconListSearch } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { DataTable, TableSkeleton, type Column } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { LinkButton, TextLink } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { Refresh } from "@/components/Refresh";
import { RelativeTime } from "@/components/RelativeTime";
import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";
import { useAddAsField } from "@/pages/environments/quarantine/use_add_as_field";
import { writeJson } from "@/text/json";
import { visible } from "@/text/laid_out";
import { counted, exactCount, noun } from "@/text/units";

type UnknownKey = Model<"UnknownKey">;

const MOST_SHAPE_CHARS = 120;

/** The keys that arrived in an environment and that no field of its revision reads. */
export function UnknownFields() {
  return (
    <EnvironmentFrame title="Unknown fields">{(environment) => <Arrived environment={environment} />}</EnvironmentFrame>
  );
}

function Arrived({ environment }: { environment: Model<"Environment"> }) {
  const params = { endpointId: environment.endpoint_id, environmentId: environment.id };
  const query = api.useQuery("get", "/v1/environments/{environment_id}/unknown-keys", {
    params: { path: { environment_id: environment.id } },
  });
  const { running, buttonFor, dialog } = useAddAsField(environment);
  const refresh = <Refresh busy={query.isFetching} onClick={() => void query.refetch()} />;
  return (
    <Loaded query={query} skeleton={<TableSkeleton />} failed="The unknown fields could not be loaded">
      {({ items, looked_at }) =>
        looked_at === 0 ? (
          <EmptyState
            icon={<IconListSearch size={40} />}
            title="No events sampled yet"
            action={
              <Group gap="xs">
                <LinkButton to="/endpoints/$endpointId/environments/$environmentId/install" params={params}>
                  Send an event
                </LinkButton>
                {refresh}
              </Group>
            }
          >
            Keys that arrive without a field appear here about a minute after the event.
          </EmptyState>
        ) : items.length === 0 ? (
          <EmptyState icon={<IconListSearch size={40} />} title="No unknown fields" action={refresh}>
            Every key in the {counted(looked_at, "sampled event")} of the last 30 days has a field.
          </EmptyState>
        ) : (
          <Stack gap="md">
            <Text maw={720}>
              Keys that arrived in the last 30 days and that no field of{" "}
              <TextLink
                underline="always"
                to="/endpoints/$endpointId/revisions/$revisionId"
                params={{ endpointId: environment.endpoint_id, revisionId: environment.revision_id }}
              >
                {running?.name ?? "the running revision"}
              </TextLink>{" "}
              reads, from a sample of {counted(looked_at, "event")}. An asterisk (*) in a field stands for any position
              in an array or for further keys.
            </Text>
            <div>{refresh}</div>
            <DataTable
              label="Unknown fields"
              phone="list"
              columns={columns(looked_at, buttonFor)}
              rows={items}
              rowKey={({ pointer }) => pointer}
            />
            {dialog}
          </Stack>
        )
      }
    </Loaded>
  );
}

function columns(lookedAt: number, action: (row: UnknownKey) => ReactNode): Column<UnknownKey>[] {
  return [
    {
      id: "pointer",
      title: "Field",
      kind: "name",
      onPhone: "line",
      render: ({ pointer }) => (
        <span className="mono" style={{ overflowWrap: "anywhere" }}>
          {visible(pointer)}
        </span>
      ),
    },
    {
      id: "count",
      title: "Sampled events",
      kind: "number",
      behind: () => noun(lookedAt, "event"),
      render: ({ count }) => `${exactCount(count)} of ${exactCount(lookedAt)}`,
    },
    { id: "kinds", title: "Kinds", render: (row) => <Kinds row={row} /> },
    { id: "first", title: "First seen", before: "first seen", render: (row) => <RelativeTime at={row.first_seen} /> },
    { id: "last", title: "Last seen", before: "last seen", render: (row) => <RelativeTime at={row.last_seen} /> },
    {
      id: "actions",
      title: "Actions",
      kind: "actions",
      onPhone: "end",
      render: action,
    },
  ];
}

/** The JSON kinds of a field's values; of one that holds others, what it held. */
function Kinds({ row: { kinds, shape } }: { row: UnknownKey }) {
  const text = typeof shape === "object" && shape !== null ? visible(writeJson(shape)) : null;
  return (
    <Stack gap={0}>
      <span>{kinds.join(", ")}</span>
      {text !== null && (
        <Text size="xs" c="dimmed" className="mono" style={{ overflowWrap: "anywhere" }}>
          {text.length > MOST_SHAPE_CHARS ? `${text.slice(0, MOST_SHAPE_CHARS)}…` : text}
        </Text>
      )}
    </Stack>
  );
}
