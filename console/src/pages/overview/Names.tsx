import { Paper, Stack, Text, Title } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { DataTable, type Column } from "@/components/DataTable";
import { TextLink } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { visible } from "@/text/laid_out";
import { counted } from "@/text/units";
import { daysOf } from "@/time/periods";

const MOST = 10;
const DAY_MS = 86_400_000;
const MOST_DAYS = 13; // the API sums up 14, and rounds to whole ones

type Row = Model<"NameCounts">;

interface Props {
  endpointId: string;
  /** The one that is filtered by, or the only one. */
  environmentId: string | undefined;
  range: { from: number; to: number };
  polling: object;
}

/** An environment's events by name, the most frequent first; each leads to those in quarantine. */
export function Names({ endpointId, environmentId, range, polling }: Props) {
  return (
    <Paper>
      <Stack>
        <Title order={3}>Events by name</Title>
        {environmentId === undefined ? (
          <Text c="dimmed">Choose an environment to see its events by name.</Text>
        ) : (
          <Named endpointId={endpointId} environmentId={environmentId} range={range} polling={polling} />
        )}
      </Stack>
    </Paper>
  );
}

function Named({ endpointId, environmentId, range, polling }: Props & { environmentId: string }) {
  const from = Math.max(range.from, range.to - MOST_DAYS * DAY_MS);
  const isCut = from > range.from;
  const query = {
    environment: environmentId,
    from: new Date(from).toISOString(),
    to: new Date(range.to).toISOString(),
    slice: "day" as const,
    metrics: "accepted",
    by: "event_name" as const,
  };
  const usage = api.useQuery(
    "get",
    "/v1/usage",
    { params: { query } },
    { placeholderData: keepPreviousData, ...polling },
  );
  return (
    <Loaded query={usage} failed="The names could not be loaded">
      {({ names = [], other }) => {
        if (names.every(({ name }) => name === null)) {
          return (
            <Text c="dimmed">
              No event had a name in this period. A revision says by “Event name” which keys name it.
            </Text>
          );
        }
        const left = Math.max(0, names.length - MOST);
        const others = (other?.accepted ?? 0) + (other?.rejected ?? 0);
        return (
          <>
            <DataTable
              label="Events by name"
              columns={columnsOf(endpointId, environmentId, daysOf({ from, to: range.to }))}
              rows={names.slice(0, MOST)}
              rowKey={({ name }) => (name === null ? "none" : `name ${name}`)}
            />
            {(left > 0 || others > 0 || isCut) && (
              <Text size="sm" c="dimmed">
                {[
                  left > 0 && `${counted(left, "more name")}, each less frequent.`,
                  others > 0 && `${counted(others, "event")} of further names.`,
                  isCut && `Of the last ${MOST_DAYS} days of the period.`,
                ]
                  .filter(Boolean)
                  .join(" ")}
              </Text>
            )}
          </>
        );
      }}
    </Loaded>
  );
}

function columnsOf(endpointId: string, environmentId: string, days: { from: string; to: string }): Column<Row>[] {
  const params = { endpointId, environmentId };
  return [
    {
      id: "name",
      title: "Name",
      kind: "name",
      render: ({ name }) => (name === null ? <em>no name</em> : <span className="mono">{visible(name)}</span>),
    },
    { id: "accepted", title: "Accepted", kind: "number", render: ({ accepted }) => <Amount value={accepted} /> },
    { id: "rejected", title: "Rejected", kind: "number", render: ({ rejected }) => <Amount value={rejected} /> },
    {
      id: "quarantined",
      title: "In quarantine",
      kind: "number",
      render: ({ name, quarantined }) =>
        name === null || quarantined === 0 ? (
          <Amount value={quarantined} />
        ) : (
          <TextLink
            to="/endpoints/$endpointId/environments/$environmentId/quarantine"
            params={params}
            search={{ event_name: name, ...days }}
            size="sm"
          >
            <Amount value={quarantined} />
          </TextLink>
        ),
    },
  ];
}
