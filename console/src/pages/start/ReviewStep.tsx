import { Alert, Badge, Button, Code, List, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { DataTable, type Column } from "@/components/DataTable";
import { Section } from "@/components/Page";
import { TemplateAbout, useTemplate } from "@/components/TemplateAbout";
import { toasts } from "@/components/toasts";
import type { Begun } from "@/pages/start/begun";
import { SampleOutcome } from "@/pages/start/SampleOutcome";
import { visible } from "@/text/laid_out";
import { counted } from "@/text/units";

interface Row {
  path: string;
  depth: number;
  map: Model<"SchemaField">;
  guess: Model<"Guess"> | undefined;
}

const CONFIDENCE = { high: "pine", medium: "gray", low: "yellow" };

interface Props {
  revision: Model<"RevisionWithFields">;
  /** Null where it was begun in another tab. */
  begun: Begun | null;
  onBack: () => void;
  onNext: () => void;
  onCloned: (revisionId: string) => void;
}

/** Shows what the sample or the template became and finalises it. */
export function ReviewStep({ revision, begun, onBack, onNext, onCloned }: Props) {
  const { inference, sample } = begun ?? {};
  const template = useTemplate(begun?.template);
  const navigate = useNavigate();
  const finalise = api.useMutation("post", "/v1/revisions/{revision_id}/finalise", {
    onSuccess: () => toasts.done("The schema is finalised."),
  });
  const clone = api.useMutation("post", "/v1/endpoints/{endpoint_id}/revisions", {
    onSuccess: ({ id }) => {
      onCloned(id);
      design(id);
    },
  });
  const isDraft = revision.state === "draft";
  const design = (revisionId: string) =>
    void navigate({
      to: "/endpoints/$endpointId/revisions/$revisionId",
      params: { endpointId: revision.endpoint_id, revisionId },
      search: { led: true },
    });
  const rows = rowsOf(revision.fields, new Map(inference?.guesses.map((guess) => [guess.path, guess])));
  return (
    <Section
      title={inference === undefined ? "The fields" : "What was inferred"}
      lead={
        inference === undefined
          ? `${counted(revision.field_count, "field")}.`
          : `${counted(revision.field_count, "field")} from ${counted(inference.samples, "sample")}, of which the schema accepts ${inference.accepted}.`
      }
      actions={
        <>
          {isDraft ? (
            <>
              <Button variant="subtle" color="gray" onClick={onBack}>
                Back
              </Button>
              <Button variant="default" onClick={() => design(revision.id)}>
                Change it in the designer
              </Button>
              <Button
                loading={finalise.isPending}
                onClick={() => finalise.mutate({ params: { path: { revision_id: revision.id } } })}
              >
                Finalise
              </Button>
            </>
          ) : (
            <>
              <Button variant="default" loading={clone.isPending} onClick={() => clone.mutate(cloned(revision))}>
                Change a clone of it
              </Button>
              <Button onClick={onNext}>Next</Button>
            </>
          )}
        </>
      }
    >
      <Text size="sm" c="dimmed">
        {isDraft
          ? "A finalised revision is immutable; only its name can change. To change the fields later, clone it."
          : "This revision is finalised: its fields never change. A clone of it can be changed and takes its place here."}
      </Text>
      {template !== undefined && (
        <Alert color="blue" title={`Made from the template “${template.title}”`}>
          <TemplateAbout template={template} />
        </Alert>
      )}
      <LeftOut inference={inference} />
      <DataTable
        label="Fields"
        phone="list"
        rows={rows}
        rowKey={(row) => row.path}
        columns={inference === undefined ? COLUMNS : [...COLUMNS, ...GUESS_COLUMNS]}
      />
      {sample !== undefined && sample !== "" && <SampleOutcome revision={revision} sample={sample} />}
    </Section>
  );
}

function cloned({ id, endpoint_id }: Props["revision"]) {
  return { params: { path: { endpoint_id } }, body: { clone_of: id } };
}

const COLUMNS: Column<Row>[] = [
  {
    id: "key",
    title: "Key",
    kind: "name",
    render: (row) => (
      <span className="mono" style={{ paddingInlineStart: row.depth * 20 }}>
        {row.map.key}
        {row.map.from !== undefined && (
          <Text component="span" c="dimmed" inherit>
            {" "}
            ← {visible(row.map.from)}
          </Text>
        )}
      </span>
    ),
  },
  { id: "type", title: "Type", render: (row) => <Code>{row.map.type}</Code> },
  { id: "presence", title: "Presence", render: (row) => row.map.presence },
];

const GUESS_COLUMNS: Column<Row>[] = [
  {
    id: "confidence",
    title: "How sure",
    render: ({ guess }) =>
      guess && (
        <Badge variant="light" color={CONFIDENCE[guess.confidence]} title={guess.why}>
          {guess.confidence}
        </Badge>
      ),
  },
  {
    id: "why",
    title: "Why",
    onPhone: "line",
    render: ({ guess }) => (
      <Text size="sm" c="dimmed">
        {guess?.why}
      </Text>
    ),
  },
];

function LeftOut({ inference }: { inference: Model<"Inference"> | undefined }) {
  if (inference === undefined || inference.left_out_count + inference.refused_count === 0) return null;
  return (
    <Alert color="yellow" title="Not everything is in the schema">
      <List size="sm">
        {inference.left_out.slice(0, 10).map((left) => (
          <List.Item key={left.pointer}>
            <span className="mono">{left.path}</span>: {left.reason}
          </List.Item>
        ))}
      </List>
      {inference.left_out_count > 10 && <Text size="sm">… and {inference.left_out_count - 10} more.</Text>}
      {inference.refused_count > 0 && (
        <Text size="sm" mt="xs">
          {counted(inference.refused_count, "sample")} would be refused.
        </Text>
      )}
    </Alert>
  );
}

function rowsOf(
  maps: Model<"SchemaField">[],
  guesses: ReadonlyMap<string, Model<"Guess">>,
  parent = "",
  depth = 0,
): Row[] {
  return maps.flatMap((map) => {
    const path = parent === "" ? map.key : `${parent}.${map.key}`;
    return [{ path, depth, map, guess: guesses.get(path) }, ...rowsOf(map.fields ?? [], guesses, path, depth + 1)];
  });
}
