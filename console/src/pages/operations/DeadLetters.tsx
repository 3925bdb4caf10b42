import { Button, Checkbox, Group, Stack, Text } from "@mantine/core";
import { IconMailCheck } from "@tabler/icons-react";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { CopyField } from "@/components/Copy";
import { DataTable, TableSkeleton, type Column } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { LinkButton, TextLink } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { Section } from "@/components/Page";
import { Refresh } from "@/components/Refresh";
import { RelativeTime } from "@/components/RelativeTime";
import { About } from "@/pages/operations/About";
import { DeadLetter } from "@/pages/operations/DeadLetter";
import { meaningOf } from "@/pages/operations/queue_meanings";
import { SendAgain } from "@/pages/operations/SendAgain";
import { counted } from "@/text/units";

type Letter = Model<"DeadLetter">;

const MOST_SHOWN = 200; // the longest page of the API

/** What was given up in one queue: whose it is, its text on demand, and a way to send it again. */
export function DeadLetters() {
  const { queue } = useParams({ from: "/app/operations/queues/$queue" });
  const { letter } = useSearch({ from: "/app/operations/queues/$queue" });
  const navigate = useNavigate({ from: "/operations/queues/$queue" });
  const [ticked, setTicked] = useState<readonly string[]>([]);
  const letters = api.useQuery(
    "get",
    "/v1/operations/queues/{queue}/dead-letters",
    { params: { path: { queue }, query: { limit: MOST_SHOWN } } },
    { refetchOnWindowFocus: false }, // SQS shows a letter by handing it out
  );
  const queues = api.useQuery("get", "/v1/operations/queues");
  const count = queues.data?.items.find(({ name }) => name === queue)?.dead_letters ?? 0;
  const refresh = () => void Promise.all([letters.refetch(), queues.refetch()]);
  const items = letters.data?.items ?? [];
  const chosen = items.filter(({ id }) => ticked.includes(id)).map(({ id }) => id);
  const columns = columnsOf({
    ticked: chosen,
    onTick: (id) => setTicked((old) => (old.includes(id) ? old.filter((one) => one !== id) : [...old, id])),
    onShow: (id) => void navigate({ search: { letter: id } }),
  });
  const missing = (
    <EmptyState
      title="There is no such queue"
      action={
        <LinkButton to="/operations" variant="default">
          All queues
        </LinkButton>
      }
    >
      The deployment has no queue “{queue}”.
    </EmptyState>
  );
  return (
    <Section
      title={`Dead letters: ${queue}`}
      lead={
        <TextLink to="/operations" size="sm">
          All queues
        </TextLink>
      }
      actions={<Refresh busy={letters.isFetching} onClick={refresh} />}
    >
      <Loaded
        query={letters}
        skeleton={<TableSkeleton />}
        failed="The dead letters could not be loaded"
        missing={missing}
      >
        {() =>
          items.length === 0 ? (
            <Nothing isKnownToHoldSome={count > 0} />
          ) : (
            <Stack>
              <Group justify="space-between" gap="md">
                <Text flex={1} miw={{ base: "100%", xs: 240 }}>
                  {meaningOf(queue).givenUp}{" "}
                  {count > items.length &&
                    `${counted(items.length, "letter")} of ${counted(count, "letter")} shown; after a Refresh it may be others.`}
                </Text>
                <SendAgain queue={queue} chosen={chosen} count={Math.max(count, items.length)} />
              </Group>
              <DataTable label="Dead letters" phone="list" columns={columns} rows={items} rowKey={({ id }) => id} />
            </Stack>
          )
        }
      </Loaded>
      <DeadLetter
        queue={queue}
        id={letter}
        letter={items.find(({ id }) => id === letter)}
        onClose={() => void navigate({ search: {}, replace: true })}
      />
    </Section>
  );
}

function Nothing({ isKnownToHoldSome }: { isKnownToHoldSome: boolean }) {
  if (isKnownToHoldSome) {
    return (
      <EmptyState icon={<IconMailCheck size={40} />} title="None is shown just now">
        The queue has dead letters, but SQS shows some of them at a time and hides for half a minute what is being
        looked at. Refresh in a moment.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={<IconMailCheck size={40} />} title="Nothing was given up">
      Every message of this queue was worked on, or waits to be.
    </EmptyState>
  );
}

interface Options {
  ticked: readonly string[];
  onTick: (id: string) => void;
  onShow: (id: string) => void;
}

function columnsOf({ ticked, onTick, onShow }: Options): Column<Letter>[] {
  return [
    {
      id: "tick",
      title: "Send again",
      onPhone: "start",
      render: ({ id }) => (
        <Checkbox
          aria-label={`Tick ${id} to send it again`}
          checked={ticked.includes(id)}
          onChange={() => onTick(id)}
        />
      ),
    },
    {
      id: "about",
      title: "About",
      kind: "name",
      render: ({ about, environment }) => <About about={about} environment={environment} />,
    },
    { id: "sent", title: "Sent", before: "sent", render: ({ sent_at }) => <RelativeTime at={sent_at} /> },
    { id: "bytes", title: "Size", kind: "number", render: ({ bytes }) => <Amount value={bytes} unit="bytes" /> },
    {
      id: "id",
      title: "Id",
      onPhone: "line",
      render: ({ id }) => <CopyField value={id} label={`Copy the id ${id}`} />,
    },
    {
      id: "actions",
      title: "Actions",
      kind: "actions",
      onPhone: "end",
      render: ({ id }) => (
        <Button variant="subtle" size="compact-sm" onClick={() => onShow(id)} aria-label={`Open ${id}`}>
          Open
        </Button>
      ),
    },
  ];
}
