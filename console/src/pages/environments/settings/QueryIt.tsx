import { List, Paper, Select, Stack, Text, Title } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { CodeBlock } from "@/components/CodeBlock";
import { LinesSkeleton, Loaded } from "@/components/Loaded";
import { distinct } from "@/components/options";

type Engine = Model<"EnvironmentQueries">["engine"];

/** Queries of what is delivered here, for the engines that can read it. */
export function QueryIt({ environment }: { environment: Model<"Environment"> }) {
  const [engine, setEngine] = useState<Engine>();
  const query = api.useQuery(
    "get",
    "/v1/environments/{environment_id}/sql",
    { params: { path: { environment_id: environment.id }, query: engine === undefined ? {} : { engine } } },
    { placeholderData: keepPreviousData },
  );
  return (
    <Paper component={Stack} maw={760} mt="md" gap="sm">
      <Title order={3}>Query it</Title>
      <Text size="sm" c="dimmed">
        Queries to paste, with the fields of the running revision and each event once.
      </Text>
      <Loaded query={query} skeleton={<LinesSkeleton lines={8} />} failed="There are no queries of this destination">
        {(made) => (
          <>
            <Select
              label="Engine"
              maw={320}
              allowDeselect={false}
              data={distinct(made.engines.map((one) => ({ value: one.engine, label: one.title })))}
              value={engine ?? made.engine}
              onChange={(chosen) => chosen !== null && setEngine(chosen)}
            />
            <Made made={made} />
          </>
        )}
      </Loaded>
    </Paper>
  );
}

function Made({ made: { set_up, queries, notes } }: { made: Model<"EnvironmentQueries"> }) {
  return (
    <Stack gap="md">
      {notes.length > 0 && (
        <List size="sm" spacing={4}>
          {notes.map((note) => (
            <List.Item key={note}>{note}</List.Item>
          ))}
        </List>
      )}
      {set_up.length > 0 && (
        <Stack gap="xs">
          <Title order={4}>First</Title>
          {set_up.map(({ title, text }) => (
            <Titled key={title} title={title} code={text} />
          ))}
        </Stack>
      )}
      <Stack gap="xs">
        <Title order={4}>Queries</Title>
        {queries.map(({ title, sql }) => (
          <Titled key={title} title={title} code={sql} />
        ))}
      </Stack>
    </Stack>
  );
}

function Titled({ title, code }: { title: string; code: string }) {
  return (
    <Stack gap={4}>
      <Text size="sm">{title}</Text>
      <CodeBlock code={code} label={title} maxHeight={240} />
    </Stack>
  );
}
