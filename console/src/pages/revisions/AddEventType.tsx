import { Alert, Button, Group, SegmentedControl, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { lists } from "@/api/pages";
import { failureFrom } from "@/api/problem";
import type { Model } from "@/api/types";
import { FormActions } from "@/components/FormActions";
import { FormDrawer } from "@/components/FormDialog";
import { faultsAt, FormFailure } from "@/components/FormFailure";
import { JsonField } from "@/components/JsonField";
import { distinct } from "@/components/options";
import { toasts } from "@/components/toasts";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import { EventFields } from "@/pages/revisions/EventFields";
import {
  blankField,
  contentFault,
  nameFault,
  placed,
  placeFor,
  planOf,
  typedContent,
  typedFaults,
  type Place,
  type Placed,
  type TypedField,
} from "@/pages/revisions/event_type";
import { whenValuesText } from "@/pages/revisions/facts";
import type { SchemaField } from "@/pages/revisions/field";
import { NewFields } from "@/pages/revisions/NewFields";
import { PlannedReport } from "@/pages/revisions/Planned";
import { madeOnce } from "@/pages/revisions/temporary";
import type { Draft } from "@/pages/revisions/use_draft";
import { visible } from "@/text/laid_out";
import { counted } from "@/text/units";

type Source = "samples" | "json_schema" | "by_hand";

const SOURCES: { value: Source; label: string }[] = [
  { value: "samples", label: "Sample" },
  { value: "json_schema", label: "JSON Schema" },
  { value: "by_hand", label: "By hand" },
];

interface Props {
  opened: boolean;
  onClose: () => void;
  revision: Model<"RevisionWithFields">;
  draft: Draft;
}

/** Adds what one type of event alone has to a draft whose events have names. */
export function AddEventType({ opened, onClose, ...rest }: Props) {
  return (
    <FormDrawer opened={opened} onClose={onClose} title="Add an event type">
      {opened && <EventTypeForm onClose={onClose} {...rest} />}
    </FormDrawer>
  );
}

/** What is to be added, and what is reported of how it was made. */
interface Shown extends Placed {
  report?: Model<"PlannedEvent"> | undefined;
}

function EventTypeForm({ revision, draft, onClose }: Omit<Props, "opened">) {
  const listed = useQuery(lists.templates());
  const templates = listed.data ?? [];
  const [event, setEvent] = useState("");
  const [chosen, setPlace] = useState<Place | null>(null);
  const place = chosen ?? placeFor(revision.event_name, draft.nodes, templates);
  const [source, setSource] = useState<Source>("samples");
  const [text, setText] = useState("");
  const [rows, setRows] = useState<TypedField[]>([blankField(1)]);
  const [tried, setTried] = useState(false);
  const [broken, setBroken] = useState<string | null>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  const name = event.trim();
  const show = (content: SchemaField, report?: Model<"PlannedEvent">) => {
    const made = placed(name, content, place, draft.nodes);
    if (typeof made === "string") setBroken(made);
    else setShown({ ...made, report });
  };
  const make = useMutation({
    mutationFn: (body: Model<"RevisionCreate">) => madeOnce(revision.endpoint_id, body),
    meta: { showsFailures: true },
    onSuccess: ({ fields, plan }) => {
      const [report] = plan ?? [];
      const content = fields.find(({ key }) => key === report?.key);
      if (content !== undefined) show(content, report);
    },
  });
  if (shown !== null) {
    return (
      <Preview
        event={name}
        pointer={place.name}
        shown={shown}
        onBack={() => setShown(null)}
        onAdd={() => {
          draft.append(shown.fields);
          toasts.done(`“${visible(name)}” is added. Save to keep it.`);
          onClose();
        }}
      />
    );
  }
  const faults = {
    name: nameFault(name, place, draft.nodes),
    content: contentFault(place),
    rows: source === "by_hand" ? typedFaults(rows) : NO_FAULTS,
  };
  const submit = () => {
    setTried(true);
    setBroken(null);
    if (faults.name !== null || faults.content !== null || faults.rows.size > 0) return;
    if (source === "by_hand") {
      show(typedContent(rows));
      return;
    }
    const body = planOf(name, source, text, place, templates);
    if (typeof body === "string") setBroken(body);
    else make.mutate(body);
  };
  const change = () => {
    setBroken(null);
    make.reset();
  };
  const escaped = name.replaceAll("~", "~0").replaceAll("/", "~1");
  const { atFields, left } = faultsAt(make.error, ["text"], { plan: "text", [`plan.${escaped}`]: "text" });
  return (
    <form
      onSubmit={(submitted) => {
        submitted.preventDefault();
        submit();
      }}
    >
      <Stack>
        <Text size="sm" c="dimmed">
          An event of this name is then validated by these fields as well. Events without a type of their own are
          validated as before.
        </Text>
        <TextInput
          label="Name of the event"
          description="As it is sent."
          placeholder="Order Completed"
          data-autofocus
          spellCheck={false}
          value={event}
          error={tried || name !== "" ? faults.name : null}
          onChange={(typed) => {
            setEvent(typed.currentTarget.value);
            change();
          }}
        />
        {revision.event_name.length > 1 && (
          <Select
            label="Where the name stands"
            data={distinct(revision.event_name)}
            allowDeselect={false}
            classNames={{ input: "mono" }}
            value={place.name}
            onChange={(pointer) => {
              if (pointer !== null) setPlace({ ...place, name: pointer });
            }}
          />
        )}
        <TextInput
          label="Where its fields stand"
          description="The key of the object that holds them, or a path such as /unstruct_event/data. Leave empty if they stand beside the name."
          classNames={{ input: "mono" }}
          spellCheck={false}
          autoComplete="off"
          value={place.content}
          error={faults.content}
          onChange={(typed) => {
            setPlace({ ...place, content: typed.currentTarget.value });
            change();
          }}
        />
        <SegmentedControl
          aria-label="Fields from"
          data={SOURCES}
          fullWidth
          value={source}
          onChange={(other) => {
            setSource(other);
            change();
          }}
        />
        {source === "by_hand" ? (
          <>
            <EventFields
              rows={rows}
              faults={tried ? faults.rows : NO_FAULTS}
              onChange={(typed) => {
                setRows(typed);
                change();
              }}
            />
            {broken !== null && (
              <Alert color="red" variant="light" role="alert">
                {broken}
              </Alert>
            )}
          </>
        ) : (
          <JsonField
            label={source === "samples" ? "Samples" : "JSON Schema"}
            description={descriptionOf(source, place.content)}
            placeholder={source === "samples" ? '{"orderId": "o-1", "total": 59.9}' : SCHEMA}
            minRows={6}
            value={text}
            error={broken ?? atFields.get("text")}
            onChange={(typed) => {
              setText(typed);
              change();
            }}
          />
        )}
        <FormFailure failure={left} />
        {listed.isError && <FormFailure failure={failureFrom(listed.error)} />}
        <FormActions onCancel={onClose}>
          <Button
            type="submit"
            loading={make.isPending}
            disabled={name === "" || (source !== "by_hand" && text.trim() === "")}
          >
            Show the fields
          </Button>
        </FormActions>
      </Stack>
      <UnsavedGuard unsaved={(event + text + rows.map(({ sentAs }) => sentAs).join("")).trim() !== ""} />
    </form>
  );
}

const NO_FAULTS: ReadonlyMap<number, string> = new Map();
const SCHEMA = '{"type": "object", "properties": {"orderId": {"type": "string"}}, "required": ["orderId"]}';

function descriptionOf(source: "samples" | "json_schema", content: string): string {
  const whose = content === "" ? "the event" : visible(content);
  return source === "samples"
    ? `Values of ${whose}, or whole events: one object, an array of them, or one per line.`
    : `The JSON Schema of ${whose}, drafts 4 to 2020-12.`;
}

interface PreviewProps {
  event: string;
  /** At which the event's name stands. */
  pointer: string;
  shown: Shown;
  onBack: () => void;
  onAdd: () => void;
}

/** What will be added, before it is. */
function Preview({ event, pointer, shown, onBack, onAdd }: PreviewProps) {
  return (
    <Stack>
      <Text>
        In events where <span className="mono">{whenValuesText({ [pointer]: [event] })}</span>:
      </Text>
      <NewFields fields={shown.fields} />
      {shown.known.length > 0 && (
        <Text size="sm" c="dimmed">
          {counted(shown.known.length, "key")} left out, because a field reads it in every event:{" "}
          <span className="mono">{shown.known.map(visible).join(", ")}</span>
        </Text>
      )}
      {shown.report !== undefined && <PlannedReport event={shown.report} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onBack}>
          Back
        </Button>
        <Button data-autofocus onClick={onAdd}>
          Add to the draft
        </Button>
      </Group>
      <UnsavedGuard unsaved />
    </Stack>
  );
}
