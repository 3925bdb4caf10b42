import { Group, List, Paper, Select, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "@/api/client";
import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { CodeBlock } from "@/components/CodeBlock";
import { LinesSkeleton, Loaded } from "@/components/Loaded";
import { optionsOf } from "@/components/options";
import { grantText, WAREHOUSES, type Warehouse } from "@/pages/environments/settings/warehouses";

/** A script by which a warehouse of your choice loads what is delivered here. */
export function LoadInto({ environment }: { environment: Model<"Environment"> }) {
  const [engine, setEngine] = useState<Warehouse | null>(null);
  const [from, setFrom] = useState<string | null>(null);
  const [to, setTo] = useState<string | null>(null);
  const revisions = useQuery(lists.revisions(environment.endpoint_id));
  const finalised = revisions.data?.filter(({ state }) => state === "finalised").toReversed();
  return (
    <Paper component={Stack} maw={760} mt="md" gap="sm">
      <Title order={3}>Load it into…</Title>
      <Text size="sm" c="dimmed">
        Get SQL that makes your warehouse load these events into a typed table, with each event once.
      </Text>
      <Select
        label="Warehouse"
        placeholder="Search, such as Snowflake"
        nothingFoundMessage="No warehouse of this name"
        maw={320}
        searchable
        clearable
        data={WAREHOUSES}
        value={engine}
        onChange={setEngine}
      />
      {engine !== null && (
        <>
          <Group align="flex-end">
            <Select
              label="Table of the revision"
              description="If there is one already: the script changes it."
              placeholder="None yet"
              searchable
              clearable
              data={optionsOf(finalised)}
              value={from}
              onChange={setFrom}
            />
            <Select
              label="To the revision"
              description="Whose fields the table is to have."
              placeholder="The running one"
              searchable
              clearable
              data={optionsOf(finalised)}
              value={to}
              onChange={setTo}
            />
          </Group>
          <Script environment={environment} asked={{ engine, ...(from && { from }), ...(to && { to }) }} />
        </>
      )}
    </Paper>
  );
}

interface Asked {
  engine: Warehouse;
  from?: string;
  to?: string;
}

function Script({ environment, asked }: { environment: Model<"Environment">; asked: Asked }) {
  const query = api.useQuery("get", "/v1/environments/{environment_id}/warehouse", {
    params: { path: { environment_id: environment.id }, query: asked },
  });
  return (
    <Loaded query={query} skeleton={<LinesSkeleton lines={8} />} failed="There is no script for this warehouse">
      {({ script, check, grants, notes }) => (
        <Stack gap="md">
          <Stack gap="xs">
            <Title order={4}>Before you start</Title>
            <List size="sm" spacing={4}>
              {notes.map((note) => (
                <List.Item key={note}>{note}</List.Item>
              ))}
            </List>
          </Stack>
          {grants.length > 0 && (
            <Stack gap="xs">
              <Title order={4}>Allow on AWS</Title>
              {grants.map((grant) => (
                <Stack key={grant.title} gap={4}>
                  <Text size="sm">{grant.title}</Text>
                  <CodeBlock code={grantText(grant)} label={grant.title} maxHeight={240} />
                </Stack>
              ))}
            </Stack>
          )}
          <Stack gap="xs">
            <Title order={4}>Script</Title>
            <CodeBlock code={script} label="Script" />
          </Stack>
          <Stack gap="xs">
            <Title order={4}>Check</Title>
            <CodeBlock code={check} label="Check" />
          </Stack>
        </Stack>
      )}
    </Loaded>
  );
}
