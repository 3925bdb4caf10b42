import {
  Alert,
  Button,
  Group,
  Paper,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
  Title,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { api } from "@/api/client";
import { useSnippets } from "@/api/snippets";
import type { Model } from "@/api/types";
import { CodeBlock } from "@/components/CodeBlock";
import { FirstEvent } from "@/components/FirstEvent";
import { LinkButton } from "@/components/LinkButton";
import { LinesSkeleton, Loaded } from "@/components/Loaded";
import { distinct } from "@/components/options";
import { writeJson } from "@/text/json";
import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";
import { SenderSetup } from "@/pages/environments/SenderSetup";
import { textIn, valueAt, valueFrom, withValue, type Example } from "@/pages/environments/example_form";

const LONGEST_EXAMPLE = 60_000; // of the API

/** Code that sends events here, made of example values. */
export function Install() {
  return <EnvironmentFrame title="Install">{(environment) => <Examples environment={environment} />}</EnvironmentFrame>;
}

function Examples({ environment }: { environment: Model<"Environment"> }) {
  // The one that the values are typed for, until you ask for the one that was deployed since.
  const [revisionId, setRevisionId] = useState(environment.revision_id);
  const path = { revision_id: revisionId };
  const revision = api.useQuery("get", "/v1/revisions/{revision_id}", { params: { path } });
  const example = api.useQuery("get", "/v1/revisions/{revision_id}/example", { params: { path } });
  return (
    <Loaded query={revision} skeleton={<LinesSkeleton />} failed="The revision could not be loaded">
      {(loaded) => (
        <Loaded query={example} skeleton={<LinesSkeleton />} failed="The example could not be loaded">
          {(shown) => (
            <>
              {revisionId !== environment.revision_id && (
                <Alert color="blue" title="Another revision was deployed" mb="md">
                  <Group justify="space-between" gap="sm">
                    <Text size="sm">The values below are for “{loaded.name}”, which no longer runs here.</Text>
                    <Button size="xs" variant="default" onClick={() => setRevisionId(environment.revision_id)}>
                      Show the running one
                    </Button>
                  </Group>
                </Alert>
              )}
              <Steps key={revisionId} environment={environment} fields={loaded.fields} first={shown.example} />
            </>
          )}
        </Loaded>
      )}
    </Loaded>
  );
}

interface StepsProps {
  environment: Model<"Environment">;
  fields: Model<"SchemaField">[];
  first: Example;
}

function Steps({ environment, fields, first }: StepsProps) {
  const [event, setEvent] = useState<Example>(first);
  return (
    <Stack>
      <Paper>
        <Stack>
          <Title order={3}>1. Example values</Title>
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm">
            {fields
              .filter(({ presence }) => presence !== "macro")
              .map((field) => (
                <Field
                  key={field.key}
                  field={field}
                  value={valueAt(event, field.key)}
                  onChange={(value) => setEvent((old) => withValue(old, field.key, value))}
                />
              ))}
          </SimpleGrid>
        </Stack>
      </Paper>
      <Sending environment={environment} event={event} />
      <FirstEvent environmentId={environment.id}>
        <LinkButton
          to="/endpoints/$endpointId"
          params={{ endpointId: environment.endpoint_id }}
          search={{ period: "realtime", environment: environment.id }}
        >
          See it in the chart
        </LinkButton>
      </FirstEvent>
    </Stack>
  );
}

interface FieldProps {
  field: Model<"SchemaField">;
  value: unknown;
  /** `undefined` leaves the key out. */
  onChange: (value: unknown) => void;
}

function Field({ field, value, onChange }: FieldProps) {
  const common = {
    label: field.key,
    description: `${field.type}, ${field.presence}`,
    required: field.presence === "required",
  };
  const [text, setText] = useState(() => textIn(field.type, value));
  const choices = field.type === "STRING" ? field.rules?.find(({ rule }) => rule === "one_of") : undefined;
  if (choices?.rule === "one_of") {
    return (
      <Select
        {...common}
        data={distinct(choices.value.map(String))}
        value={typeof value === "string" ? value : null}
        clearable={!common.required}
        onChange={(chosen) => onChange(chosen ?? undefined)}
      />
    );
  }
  if (field.type === "BOOLEAN") {
    return (
      <Select
        {...common}
        data={["true", "false"]}
        value={typeof value === "boolean" ? String(value) : null}
        clearable={!common.required}
        onChange={(chosen) => onChange(chosen === null ? undefined : chosen === "true")}
      />
    );
  }
  if (field.type === "STRING" || field.type === "DATETIME") {
    return (
      <TextInput
        {...common}
        value={text}
        onChange={(change) => {
          setText(change.currentTarget.value);
          onChange(change.currentTarget.value === "" && !common.required ? undefined : change.currentTarget.value);
        }}
      />
    );
  }
  const isNumber = field.type === "INT" || field.type === "FLOAT" || field.type === "TIMESTAMP";
  const read = valueFrom(field.type, text);
  const asJson = {
    ...common,
    spellCheck: false,
    value: text,
    error: read.fault,
    onChange: (change: { currentTarget: { value: string } }) => {
      setText(change.currentTarget.value);
      const typed = valueFrom(field.type, change.currentTarget.value);
      if (typed.fault === null) onChange(typed.value);
    },
  };
  return isNumber ? (
    <TextInput inputMode="decimal" {...asJson} />
  ) : (
    <Textarea classNames={{ input: "mono" }} autosize maxRows={6} {...asJson} />
  );
}

const WAYS = [
  { value: "code", label: "Code" },
  { value: "pixel", label: "Pixel" },
  { value: "sender", label: "SDK or service" },
];

function Sending({ environment, event }: { environment: Model<"Environment">; event: Example }) {
  const { way, sender } = useSearch({ from: "/app/endpoints/$endpointId/environments/$environmentId/install" });
  const navigate = useNavigate({ from: "/endpoints/$endpointId/environments/$environmentId/install" });
  const choose = (search: { way?: string; sender?: string }) => void navigate({ search, replace: true });
  const kind = sender !== undefined || way === "sender" ? "sender" : way === "pixel" ? "pixel" : "code";
  return (
    <Paper component={Stack}>
      <Title order={3}>2. How do you send?</Title>
      <Group>
        <SegmentedControl
          aria-label="How do you send?"
          data={WAYS}
          value={kind}
          onChange={(chosen) => choose(chosen === "code" ? {} : { way: chosen })}
        />
      </Group>
      {kind === "sender" ? (
        <SenderSetup
          environment={environment}
          chosen={sender}
          onChoose={(id) => choose(id === undefined ? { way: "sender" } : { sender: id })}
        />
      ) : (
        <Code
          environmentId={environment.id}
          event={event}
          way={way}
          onChoose={(language) => choose({ way: language })}
        />
      )}
    </Paper>
  );
}

interface CodeProps {
  environmentId: string;
  event: Example;
  /** `pixel`, or a language; without one, the first. */
  way: string | undefined;
  onChoose: (language: string) => void;
}

function Code({ environmentId, event, way, onChoose }: CodeProps) {
  const [text] = useDebouncedValue(writeJson(event), 300);
  const isLong = text.length > LONGEST_EXAMPLE;
  const snippets = useSnippets(environmentId, isLong ? null : text);
  return (
    <>
      {isLong && (
        <Text size="sm" c="dimmed">
          The values are too long to be put into code. The code below sends the revision’s own example.
        </Text>
      )}
      <Loaded query={snippets} skeleton={<LinesSkeleton lines={8} />} failed="The code could not be made">
        {({ items }) => {
          const code = items.filter(({ id }) => id !== "pixel");
          const shown = items.find(({ id }) => id === way) ?? code[0];
          return (
            <Stack gap="sm">
              {way !== "pixel" && (
                <Group gap={6} role="group" aria-label="Language">
                  {code.map(({ id, label }) => (
                    <Button
                      key={id}
                      size="xs"
                      variant={id === shown?.id ? "light" : "default"}
                      aria-pressed={id === shown?.id}
                      onClick={() => onChoose(id)}
                    >
                      {label}
                    </Button>
                  ))}
                </Group>
              )}
              {shown !== undefined && <CodeBlock code={shown.code} label={`${shown.label} snippet`} />}
            </Stack>
          );
        }}
      </Loaded>
    </>
  );
}
