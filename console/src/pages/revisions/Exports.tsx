import { Anchor, Drawer, Group, SegmentedControl, Stack, Tabs, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { JsonBlock } from "@/components/JsonBlock";
import { LinesSkeleton, Loaded } from "@/components/Loaded";
import { writeJson } from "@/text/json";
import { toKeep } from "@/text/laid_out";

interface Props {
  opened: boolean;
  onClose: () => void;
  revision: Model<"Revision">;
  first?: "example" | "json-schema" | "types" | "bigquery-schema";
}

/** A revision as other tools read it; of a draft, as it was saved last. */
export function Exports({ opened, onClose, revision, first = "json-schema" }: Props) {
  return (
    <Drawer opened={opened} onClose={onClose} title={revision.name} size="lg">
      {opened && (
        <Tabs defaultValue={first} keepMounted={false}>
          <Tabs.List mb="md">
            <Tabs.Tab value="example">Example</Tabs.Tab>
            <Tabs.Tab value="json-schema">JSON Schema</Tabs.Tab>
            <Tabs.Tab value="types">Types</Tabs.Tab>
            <Tabs.Tab value="bigquery-schema">BigQuery</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="example">
            <Example revision={revision} />
          </Tabs.Panel>
          <Tabs.Panel value="json-schema">
            <JsonSchema revision={revision} />
          </Tabs.Panel>
          <Tabs.Panel value="types">
            <Types revision={revision} />
          </Tabs.Panel>
          <Tabs.Panel value="bigquery-schema">
            <BigQuerySchema revision={revision} />
          </Tabs.Panel>
        </Tabs>
      )}
    </Drawer>
  );
}

function Example({ revision }: { revision: Model<"Revision"> }) {
  const query = api.useQuery("get", "/v1/revisions/{revision_id}/example", params(revision));
  return (
    <Document query={query} of={({ example }) => example} file={`${revision.id}-example.json`}>
      An event that this revision accepts.
    </Document>
  );
}

function JsonSchema({ revision }: { revision: Model<"Revision"> }) {
  const query = api.useQuery("get", "/v1/revisions/{revision_id}/json-schema", params(revision));
  return (
    <Document query={query} of={(schema) => schema} file={`${revision.id}.schema.json`}>
      JSON Schema 2020-12 that accepts exactly what ingest accepts.
    </Document>
  );
}

const LANGUAGES = [
  { value: "typescript", label: "TypeScript" },
  { value: "python", label: "Python" },
] as const;
type Language = (typeof LANGUAGES)[number]["value"];

function Types({ revision }: { revision: Model<"Revision"> }) {
  const [language, setLanguage] = useState<Language>("typescript");
  const query = api.useQuery("get", "/v1/revisions/{revision_id}/types", {
    params: { path: { revision_id: revision.id }, query: { language } },
  });
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label="Language"
        data={[...LANGUAGES]}
        value={language}
        onChange={setLanguage}
        style={{ alignSelf: "flex-start" }}
      />
      <Loaded query={query} skeleton={<LinesSkeleton lines={10} />}>
        {({ code, file_name: file }) => (
          <>
            <Group justify="space-between">
              <Text size="sm" c="dimmed">
                The events as they are sent, for the compiler to check. In CI: <code>ingestctl types</code>.
              </Text>
              <Download text={code} file={file} />
            </Group>
            <JsonBlock label="The types" text={code} maxHeight={620} />
          </>
        )}
      </Loaded>
    </Stack>
  );
}

function BigQuerySchema({ revision }: { revision: Model<"Revision"> }) {
  const query = api.useQuery("get", "/v1/revisions/{revision_id}/bigquery-schema", params(revision));
  return (
    <Document query={query} of={({ fields }) => fields} file={`${revision.id}-bigquery.json`}>
      The columns of the revision’s table.
    </Document>
  );
}

function params(revision: Model<"Revision">) {
  return { params: { path: { revision_id: revision.id } } };
}

interface DocumentProps<Data, Err> {
  query: UseQueryResult<Data, Err>;
  of: (data: Data) => unknown;
  file: string;
  children: string;
}

function Document<Data, Err>({ query, of, file, children }: DocumentProps<Data, Err>) {
  return (
    <Loaded query={query} skeleton={<LinesSkeleton lines={10} />}>
      {(data) => {
        const text = writeJson(of(data));
        return (
          <Stack gap="sm">
            <Group justify="space-between">
              <Text size="sm" c="dimmed">
                {children}
              </Text>
              <Download text={toKeep(text)} file={file} />
            </Group>
            <JsonBlock label={children} text={text} maxHeight={620} />
          </Stack>
        );
      }}
    </Loaded>
  );
}

function Download({ text, file }: { text: string; file: string }) {
  const type = file.endsWith(".json") ? "application/json" : "text/plain;charset=utf-8";
  const address = useMemo(() => URL.createObjectURL(new Blob([text], { type })), [text, type]);
  useEffect(() => () => URL.revokeObjectURL(address), [address]);
  return (
    <Anchor href={address} download={file} size="sm">
      <Group gap={4} component="span">
        <IconDownload size={14} /> Download
      </Group>
    </Anchor>
  );
}
