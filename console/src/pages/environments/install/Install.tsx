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
import { Choices } from "@/components/Choices";
import { CodeBlock } from "@/components/CodeBlock";
import { FirstEvent } from "@/components/FirstEvent";
import { LinkButton } from "@/components/LinkButton";
import { LinesSkeleton, Loaded } from "@/components/Loaded";
import { distinct } from "@/components/options";
import { writeJson } from "@/text/json";
import { pathOf } from "@/text/pointers";
import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";
import { SenderSetup } from "@/pages/environments/install/SenderSetup";
import { hintFor, SENDERS } from "@/pages/environments/install/senders";
import { SendTestEvent } from "@/pages/environments/send/SendTestEvent";
import {
  isNumber,
  isText,
  textIn,
  valueAt,
  valueFrom,
  withValue,
  type Example,
} from "@/pages/environments/install/example_form";

const LONGEST_EXAMPLE = 60_000; // of the API

/** Code that sends events here, made of example values. */
export function Install() {
  return <EnvironmentFrame title="Install">{(environment) => <Examples environment={environment} />}</EnvironmentFrame>;
}

function Examples({ environment }: { environment: Model<"Environment"> }) {
  // The one that the values are typed for, until you ask for the one that was deployed since.
  const [revisionId, setRevisionId] = useState(environment.revision_id);
  const [when, setWhen] = useState<string | null>(null);
  const path = { revision_id: revisionId };
  const revision = api.useQuery("get", "/v1/revisions/{revision_id}", { params: { path } });
  const query = when === null ? {} : { when };
  const example = api.useQuery("get", "/v1/revisions/{revision_id}/example", { params: { path, query } });
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
                    <Button
                      size="xs"
                      variant="default"
                      onClick={() => {
                        setWhen(null);
                        setRevisionId(environment.revision_id);
                      }}
                    >
                      Show the running one
                    </Button>
                  </Group>
                </Alert>
              )}
              <Steps
                key={`${revisionId} ${when ?? ""}`}
                environment={environment}
                fields={loaded.fields}
                first={shown.example}
                when={when}
                onWhen={setWhen}
              />
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
  /** The key of the field whose kind of event is shown; null: what every event has. */
  when: string | null;
  onWhen: (key: string | null) => void;
}

function Steps({ environment, fields, first, when, onWhen }: StepsProps) {
  const [event, setEvent] = useState<Example>(first);
  const { way, sender } = useSearch({ from: "/app/endpoints/$endpointId/environments/$environmentId/install" });
  const navigate = useNavigate({ from: "/endpoints/$endpointId/environments/$environmentId/install" });
  const choose = (search: { way?: string; sender?: string }) => void navigate({ search, replace: true });
  const kind = sender !== undefined || way === "sender" ? "sender" : way === "pixel" ? "pixel" : "code";
  return (
    <Stack>
      <Paper component={Stack}>
        <Title order={3}>How do you send?</Title>
        <Group>
          <SegmentedControl
            aria-label="How do you send?"
            data={WAYS}
            value={kind}
            onChange={(chosen) => choose(chosen === "code" ? {} : { way: chosen })}
          />
        </Group>
        {kind === "sender" && (
          <SenderSetup
            environment={environment}
            chosen={sender}
            onChoose={(id) => choose(id === undefined ? { way: "sender" } : { sender: id })}
          />
        )}
      </Paper>
      {kind !== "sender" && (
        <>
          <Values fields={fields} event={event} onChange={setEvent} when={when} onWhen={onWhen} />
          <Paper component={Stack}>
            <Title order={3}>Code</Title>
            {environment.write_keys[0] !== undefined && (
              <Text size="sm" c="dimmed">
                Every request needs a write key of this environment. The code carries{" "}
                <span className="mono">{environment.write_keys[0]}</span>.
              </Text>
            )}
            <Code
              environmentId={environment.id}
              event={event}
              way={way}
              onChoose={(language) => choose({ way: language })}
            />
            <SendTestEvent environment={environment} event={writeJson(event)} />
          </Paper>
        </>
      )}
      <FirstEvent
        endpointId={environment.endpoint_id}
        environmentId={environment.id}
        hint={hintFor(
          SENDERS.find(({ id }) => id === sender),
          environment.write_keys,
        )}
      >
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

const WAYS = [
  { value: "code", label: "Code" },
  { value: "pixel", label: "Pixel" },
  { value: "sender", label: "SDK or service" },
];

interface ValuesProps {
  fields: Model<"SchemaField">[];
  event: Example;
  onChange: React.Dispatch<React.SetStateAction<Example>>;
  when: string | null;
  onWhen: (key: string | null) => void;
}

function Values({ fields, event, onChange, when, onWhen }: ValuesProps) {
  const kinds = fields.filter(isOfSome).map(({ key }) => key);
  return (
    <Paper component={Stack}>
      <Title order={3}>Example values</Title>
      {kinds.length > 0 && (
        <Select
          label="Kind of event"
          placeholder="What every event has"
          maw={480}
          searchable
          clearable
          data={distinct(kinds)}
          value={when}
          onChange={onWhen}
        />
      )}
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm">
        {fields
          .filter((field) => field.presence !== "macro" && (!isOfSome(field) || field.key === when))
          .map((field) => (
            <Field
              key={field.key}
              field={field}
              value={valueAt(event, pathOf(field))}
              onChange={(value) => onChange((old) => withValue(old, pathOf(field), value))}
            />
          ))}
      </SimpleGrid>
    </Paper>
  );
}

/** Whether a field is in force for some events only. */
function isOfSome({ when }: Model<"SchemaField">): boolean {
  return when !== undefined && Object.keys(when).length > 0;
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
  const [text, setText] = useState(() => textIn(field, value));
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
  if (isText(field)) {
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
  const read = valueFrom(field, text);
  const asJson = {
    ...common,
    spellCheck: false,
    value: text,
    error: read.fault,
    onChange: (change: { currentTarget: { value: string } }) => {
      setText(change.currentTarget.value);
      const typed = valueFrom(field, change.currentTarget.value);
      if (typed.fault === null) onChange(typed.value);
    },
  };
  return isNumber(field) ? (
    <TextInput inputMode="decimal" {...asJson} />
  ) : (
    <Textarea classNames={{ input: "mono" }} autosize maxRows={6} {...asJson} />
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
              {way !== "pixel" && <Choices label="Language" data={code} value={shown?.id} onChoose={onChoose} />}
              {shown !== undefined && <CodeBlock code={shown.code} label={`${shown.label} snippet`} />}
            </Stack>
          );
        }}
      </Loaded>
    </>
  );
}
