import { Alert, Badge, Text } from "@mantine/core";
import { IconCheck, IconMailX, IconStack2 } from "@tabler/icons-react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { DataTable, TableSkeleton, type Column } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { TextLink } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { Section } from "@/components/Page";
import { Refresh } from "@/components/Refresh";
import { meaningOf } from "@/pages/operations/queue_meanings";
import { counted, exactCount, humanCount, noun } from "@/text/units";

type Queue = Model<"QueueState">;

/** The deployment's queues: how much waits in each, and how much was given up. */
export function Queues() {
  const queues = api.useQuery("get", "/v1/operations/queues");
  return (
    <Section
      tab
      title="Queues"
      lead="A message that keeps failing becomes a dead letter and waits here until you resend it."
      actions={<Refresh busy={queues.isFetching} onClick={() => void queues.refetch()} />}
    >
      <Loaded query={queues} skeleton={<TableSkeleton />} failed="The queues could not be loaded">
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={<IconStack2 size={40} />} title="No queues">
              This deployment shows none of its queues.
            </EmptyState>
          ) : (
            <>
              <GivenUp queues={items.filter(({ dead_letters }) => dead_letters > 0)} />
              <DataTable label="Queues" phone="list" columns={COLUMNS} rows={items} rowKey={({ name }) => name} />
            </>
          )
        }
      </Loaded>
    </Section>
  );
}

function GivenUp({ queues }: { queues: Queue[] }) {
  if (queues.length === 0) {
    return (
      <Alert color="pine" icon={<IconCheck size={18} />} title="Nothing was given up">
        No queue has dead letters. What waits is being worked on.
      </Alert>
    );
  }
  const count = queues.reduce((sum, { dead_letters }) => sum + dead_letters, 0);
  return (
    <Alert
      color="red"
      icon={<IconMailX size={18} />}
      title={`${counted(count, "message was", "messages were")} given up`}
    >
      Nothing is lost: they wait in {queues.map(({ name }) => name).join(" and ")}. Fix the cause, then send them again.
    </Alert>
  );
}

const COLUMNS: Column<Queue>[] = [
  {
    id: "name",
    title: "Queue",
    kind: "name",
    render: ({ name }) => (
      <TextLink to="/operations/queues/$queue" params={{ queue: name }} fw={600}>
        {name}
      </TextLink>
    ),
  },
  {
    id: "meaning",
    title: "What it means",
    onPhone: "line",
    render: ({ name, dead_letters }) => {
      const { carries, givenUp } = meaningOf(name);
      return (
        <Text size="sm" c={dead_letters > 0 ? undefined : "dimmed"}>
          {dead_letters > 0 ? givenUp : carries}
        </Text>
      );
    },
  },
  {
    id: "waiting",
    title: "Waiting",
    kind: "number",
    behind: () => "waiting",
    render: ({ waiting }) => <Amount value={waiting} />,
  },
  {
    id: "dead_letters",
    title: "Dead letters",
    kind: "number",
    behind: ({ dead_letters }) => noun(dead_letters, "dead letter"),
    render: ({ dead_letters }) =>
      dead_letters === 0 ? (
        <span className="figures">0</span>
      ) : (
        <Badge variant="light" color="red" className="figures" title={exactCount(dead_letters)}>
          {humanCount(dead_letters)}
        </Badge>
      ),
  },
];
