import { Button, SegmentedControl, Select, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";

import { api } from "@/api/client";
import { failureFrom } from "@/api/problem";
import type { Model } from "@/api/types";
import { FormActions } from "@/components/FormActions";
import { FormDrawer } from "@/components/FormDialog";
import { faultsAt, FormFailure } from "@/components/FormFailure";
import { JsonField } from "@/components/JsonField";
import { optionsOf } from "@/components/options";
import { useTemplate } from "@/components/TemplateAbout";
import { TemplateSelect, type TemplateName } from "@/components/TemplateSelect";
import { toasts } from "@/components/toasts";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import { MAX_WHEN_POINTERS } from "@/pages/revisions/field";
import { pointerFault } from "@/pages/revisions/place_checks";
import { Report } from "@/pages/revisions/Report";
import { bodyOf, type Source } from "@/pages/revisions/sources";

const SOURCES: { value: Source; label: string }[] = [
  { value: "blank", label: "Blank" },
  { value: "clone", label: "Clone" },
  { value: "template", label: "Template" },
  { value: "json_schema", label: "JSON Schema" },
  { value: "samples", label: "Samples" },
];

const LEAD: Record<Source, string> = {
  blank: "An empty tree, to be filled in the designer.",
  clone: "The whole tree of another revision.",
  template: "The fields of a common sender, and its settings for unknown fields and event names.",
  json_schema: "Drafts 4 to 2020-12. What has no counterpart is listed, and nothing is widened silently.",
  samples:
    "Events as they would be sent. Types, presences and closed lists are inferred, with what each guess is made of.",
};

const PLAN = '{"Order Completed": [{"orderId": "o-1", "total": 59.9}]}';

interface Props {
  opened: boolean;
  endpointId: string;
  revisions: Model<"Revision">[];
  /** Events to begin with, as JSON. */
  samples?: string | undefined;
  onClose: () => void;
  /** The revision of this id is to be seen; `template` is what it was made from. */
  onDone: (revisionId: string, template?: TemplateName) => void;
}

/** A new revision from one of five sources; of two of them, with a report of what became of them. */
export function NewRevision(props: Props) {
  return (
    <FormDrawer opened={props.opened} onClose={props.onClose} title="New revision">
      {props.opened && <NewForm {...props} />}
    </FormDrawer>
  );
}

function NewForm({ endpointId, revisions, samples, onClose, onDone }: Props) {
  const [source, setSource] = useState<Source>(samples === undefined ? "blank" : "samples");
  const [name, setName] = useState("");
  const [choice, setChoice] = useState<string | null>(null);
  const [template, setTemplate] = useState<TemplateName | null>(null);
  const [plan, setPlan] = useState("");
  const [text, setText] = useState(samples ?? "");
  const [kindsBy, setKindsBy] = useState<string[]>([]);
  const [made, setMade] = useState<Model<"CreatedRevision"> | null>(null);
  const takesPlan = Boolean(useTemplate(template ?? undefined)?.typed);
  const create = api.useMutation("post", "/v1/endpoints/{endpoint_id}/revisions", {
    meta: { showsFailures: true },
    onSuccess: (revision, { body }) => {
      toasts.done(`Revision “${revision.name}” created.`);
      const hasReport = [revision.import, revision.inference, revision.plan].some((report) => report !== undefined);
      if (hasReport) setMade(revision);
      else onDone(revision.id, body.template);
    },
  });
  const [broken, setBroken] = useState<string | null>(null);
  const submit = (by: string[], after?: () => void) => {
    const body = bodyOf(source, {
      name: name.trim(),
      choice,
      template,
      plan: takesPlan ? plan : "",
      text,
      kindsBy: by,
    });
    setBroken(typeof body === "string" ? body : null);
    if (typeof body !== "string") {
      create.mutate({ params: { path: { endpoint_id: endpointId } }, body }, { onSuccess: after });
    }
  };
  const isNarrow = useMediaQuery("(max-width: 36em)");
  const remove = api.useMutation("delete", "/v1/revisions/{revision_id}", {});
  if (made !== null) {
    return (
      <Report
        revision={made}
        onOpen={() => onDone(made.id, template ?? undefined)}
        busy={create.isPending}
        failure={create.isError ? failureFrom(create.error) : null}
        onKindsBy={(pointers) => {
          setKindsBy(pointers);
          // The new one first: if that fails, the draft that is there stays.
          submit(pointers, () =>
            remove.mutate({ params: { path: { revision_id: made.id }, query: { confirm: made.name } } }),
          );
        }}
      />
    );
  }
  const isText = source === "json_schema" || source === "samples";
  const ready =
    source === "blank" || (isText ? text.trim() !== "" : source === "template" ? template !== null : choice !== null);
  const from = (value: Source | null) => {
    if (value === null) return;
    setSource(value);
    setChoice(null);
    setTemplate(null);
    setBroken(null);
    create.reset();
  };
  const { atFields, left } = faultsAt(create.error, [
    "name",
    "clone_of",
    "template",
    "plan",
    "samples",
    "json_schema",
    "kinds_by",
  ]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit(kindsBy);
      }}
    >
      <Stack>
        {isNarrow ? (
          <Select label="Made from" data={SOURCES} value={source} allowDeselect={false} onChange={from} />
        ) : (
          <SegmentedControl aria-label="Made from" data={SOURCES} value={source} fullWidth onChange={from} />
        )}
        <Text size="sm" c="dimmed">
          {LEAD[source]}
        </Text>
        <TextInput
          label="Name"
          description="Numbered automatically if left empty."
          maxLength={100}
          data-autofocus
          error={atFields.get("name")}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {source === "clone" && (
          <Select
            label="Revision"
            searchable
            data={optionsOf(revisions)}
            error={atFields.get("clone_of")}
            value={choice}
            onChange={setChoice}
          />
        )}
        {source === "template" && (
          <TemplateSelect value={template} error={atFields.get("template")} onChange={setTemplate} />
        )}
        {source === "template" && takesPlan && (
          <JsonField
            label="Typed plan (optional)"
            description="For each event’s name, a JSON Schema or an array of samples of what it alone has, such as its properties."
            placeholder={PLAN}
            value={plan}
            error={broken ?? atFields.get("plan")}
            onChange={setPlan}
          />
        )}
        {isText && (
          <JsonField
            label={source === "samples" ? "Sample events" : "JSON Schema"}
            description={source === "samples" ? "One object, an array of them, or one per line." : undefined}
            value={text}
            error={broken ?? atFields.get(source)}
            onChange={setText}
          />
        )}
        {source === "samples" && (
          <TagsInput
            label="Kinds of events"
            description="Keys that say which kind of event a sample is. Each kind gets fields of its own."
            placeholder={kindsBy.length === 0 ? "/type" : undefined}
            classNames={{ input: "mono" }}
            maxTags={MAX_WHEN_POINTERS}
            acceptValueOnBlur
            value={kindsBy}
            error={kindsBy.map(pointerFault).find((fault) => fault !== null) ?? atFields.get("kinds_by")}
            onChange={setKindsBy}
          />
        )}
        <FormFailure failure={left} />
        <FormActions onCancel={onClose}>
          <Button type="submit" loading={create.isPending} disabled={!ready}>
            Create
          </Button>
        </FormActions>
      </Stack>
      <UnsavedGuard unsaved={(name + text + plan).trim() !== "" && !create.isPending} />
    </form>
  );
}
