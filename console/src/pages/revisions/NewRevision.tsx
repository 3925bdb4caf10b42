import {
  Button,
  FileButton,
  Group,
  SegmentedControl,
  Select,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";

import { api } from "@/api/client";
import { failureFrom } from "@/api/problem";
import type { Model } from "@/api/types";
import { FormActions } from "@/components/FormActions";
import { FormDrawer } from "@/components/FormDialog";
import { faultsAt, FormFailure } from "@/components/FormFailure";
import { optionsOf } from "@/components/options";
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
  template: "A tree for a common kind of events.",
  json_schema: "Drafts 4 to 2020-12. What has no counterpart is listed, and nothing is widened silently.",
  samples:
    "Events as they would be sent. Types, presences and closed lists are inferred, with what each guess is made of.",
};

interface Props {
  opened: boolean;
  endpointId: string;
  revisions: Model<"Revision">[];
  onClose: () => void;
  /** Somebody wants to see the revision of this id. */
  onDone: (revisionId: string) => void;
}

/** A new revision from one of five sources; of two of them, with a report of what became of them. */
export function NewRevision(props: Props) {
  return (
    <FormDrawer opened={props.opened} onClose={props.onClose} title="New revision">
      {props.opened && <NewForm {...props} />}
    </FormDrawer>
  );
}

function NewForm({ endpointId, revisions, onClose, onDone }: Props) {
  const [source, setSource] = useState<Source>("blank");
  const [name, setName] = useState("");
  const [choice, setChoice] = useState<string | null>(null);
  const [text, setText] = useState("");
  const [kindsBy, setKindsBy] = useState<string[]>([]);
  const [made, setMade] = useState<Model<"CreatedRevision"> | null>(null);
  const create = api.useMutation("post", "/v1/endpoints/{endpoint_id}/revisions", {
    meta: { showsFailures: true },
    onSuccess: (revision) => {
      toasts.done(`Revision “${revision.name}” created.`);
      if (revision.import === undefined && revision.inference === undefined) onDone(revision.id);
      else setMade(revision);
    },
  });
  const [broken, setBroken] = useState<string | null>(null);
  const submit = (by: string[], after?: () => void) => {
    const body = bodyOf(source, { name: name.trim(), choice, text, kindsBy: by });
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
        onOpen={() => onDone(made.id)}
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
  const ready = source === "blank" || (isText ? text.trim() !== "" : choice !== null);
  const from = (value: Source | null) => {
    if (value === null) return;
    setSource(value);
    setChoice(null);
    setBroken(null);
    create.reset();
  };
  const { atFields, left } = faultsAt(create.error, [
    "name",
    "clone_of",
    "template",
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
          description="Numbered by itself if left empty."
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
          <Select
            label="Template"
            data={[
              { value: "user_tracking", label: "User tracking: page views, clicks, campaigns" },
              { value: "error_tracking", label: "Error tracking: messages, stack traces, releases" },
            ]}
            value={choice}
            onChange={setChoice}
          />
        )}
        {isText && (
          <>
            <Textarea
              label={source === "samples" ? "Sample events" : "JSON Schema"}
              description={source === "samples" ? "One object, an array of them, or one a line." : undefined}
              classNames={{ input: "mono" }}
              autosize
              minRows={10}
              maxRows={22}
              spellCheck={false}
              value={text}
              error={broken ?? atFields.get(source)}
              onChange={(event) => setText(event.currentTarget.value)}
            />
            <Group>
              <FileButton
                accept="application/json,.json,.ndjson,.jsonl"
                onChange={(file) => void file?.text().then(setText)}
              >
                {(button) => (
                  <Button variant="default" size="xs" {...button}>
                    From a file
                  </Button>
                )}
              </FileButton>
            </Group>
          </>
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
      <UnsavedGuard unsaved={(name + text).trim() !== "" && !create.isPending} />
    </form>
  );
}
