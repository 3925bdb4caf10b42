import { Alert, Badge, Button, Group, Stack, Text } from "@mantine/core";

import type { Failure } from "@/api/problem";
import type { Model } from "@/api/types";
import { DataTable, type Column } from "@/components/DataTable";
import { FormFailure } from "@/components/FormFailure";
import { whenValuesText } from "@/pages/revisions/facts";
import { Accepted, Imported } from "@/pages/revisions/Losses";
import { Planned } from "@/pages/revisions/Planned";
import { numberText } from "@/text/json";
import { visible } from "@/text/laid_out";
import { counted } from "@/text/units";

interface Props {
  revision: Model<"CreatedRevision">;
  onOpen: () => void;
  /** Make it again, with kinds of events told apart by these pointers. */
  onKindsBy: (pointers: string[]) => void;
  busy: boolean;
  /** Why that failed. */
  failure: Failure | null;
}

/** What a JSON Schema, samples or a plan became, and what they could not become. */
export function Report({ revision, onOpen, onKindsBy, busy, failure }: Props) {
  const proposed = revision.inference?.proposed_kinds_by;
  return (
    <Stack>
      <Text>
        “{revision.name}” has {counted(revision.field_count, "field")}.
      </Text>
      {proposed !== undefined && (
        <Alert color="blue" title="The samples are of several kinds">
          <Stack gap="sm" align="flex-start">
            <Text size="sm">
              <span className="mono">{proposed.pointers.map(visible).join(" and ")}</span>{" "}
              {proposed.pointers.length === 1 ? "explains" : "explain"}{" "}
              {Math.round(100 * Number(numberText(proposed.explains) ?? 0))} % of which keys an event has. With the
              kinds told apart, each has fields of its own, and their keys can be required.
            </Text>
            <Button size="xs" loading={busy} onClick={() => onKindsBy(proposed.pointers)}>
              Tell the kinds apart
            </Button>
          </Stack>
        </Alert>
      )}
      <FormFailure failure={failure} />
      {revision.plan !== undefined && <Planned events={revision.plan} />}
      {revision.import !== undefined && <Imported report={revision.import} />}
      {revision.inference !== undefined && <Inferred report={revision.inference} />}
      <Group justify="flex-end">
        <Button data-autofocus onClick={onOpen}>
          Open the designer
        </Button>
      </Group>
    </Stack>
  );
}

function Inferred({ report }: { report: Model<"Inference"> }) {
  return (
    <>
      <Accepted report={report} />
      <DataTable
        label="What was inferred"
        columns={report.guesses.some(hasKind) ? [...GUESSES, KIND] : GUESSES}
        rows={report.guesses}
        rowKey={(row) => row.path}
      />
    </>
  );
}

const CONFIDENCE = { high: "pine", medium: "gray", low: "yellow" };

const GUESSES: Column<Model<"Guess">>[] = [
  { id: "path", title: "Key", kind: "name", render: (row) => <span className="mono">{row.path}</span> },
  { id: "type", title: "Type", render: (row) => <span className="mono">{row.type}</span> },
  { id: "presence", title: "Presence", render: (row) => row.presence },
  {
    id: "confidence",
    title: "How sure",
    render: (row) => (
      <Badge variant="light" miw="max-content" color={CONFIDENCE[row.confidence]}>
        {row.confidence}
      </Badge>
    ),
  },
  { id: "why", title: "Made of", render: (row) => row.why },
];

const hasKind = ({ when }: Model<"Guess">) => when !== undefined;

const KIND: Column<Model<"Guess">> = {
  id: "kind",
  title: "Events",
  render: ({ when }) => (when === undefined ? "all" : whenValuesText(when)),
};
