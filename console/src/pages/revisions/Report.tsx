import { Alert, Badge, Button, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

import type { Failure } from "@/api/problem";
import type { Model } from "@/api/types";
import { DataTable, type Column } from "@/components/DataTable";
import { FormFailure } from "@/components/FormFailure";
import { whenValuesText } from "@/pages/revisions/facts";
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

/** What a JSON Schema or samples became, and what they could not become. */
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

function Imported({ report }: { report: Model<"Import"> }) {
  return (
    <>
      <Figure holds={report.complete} name="Complete" rows={report.lost} count={report.lost_count} label="What is lost">
        {report.complete
          ? "Every key of the documents that the schema accepts is stored."
          : `Keys of ${counted(report.lost_count, "part")} of the schema are not stored.`}
      </Figure>
      <Figure
        holds={report.exact}
        name="Exact"
        rows={report.unmapped}
        count={report.unmapped_count}
        label="What was not taken over"
      >
        {report.exact
          ? "The fields accept just the events that the schema accepts. A null counts as a missing key."
          : "The fields accept or reject some events that the schema does not."}
      </Figure>
    </>
  );
}

interface FigureProps {
  holds: boolean;
  name: string;
  /** The first of them. */
  rows: Model<"Unmapped">[];
  count: number;
  label: string;
  children: ReactNode;
}

/** Whether an import is complete, or exact, and the parts of the schema that keep it from being so. */
function Figure({ holds, name, rows, count, label, children }: FigureProps) {
  return (
    <>
      <Alert color={holds ? "pine" : "yellow"} title={`${name}: ${holds ? "yes" : "no"}`}>
        {children}
      </Alert>
      {rows.length > 0 && (
        <DataTable
          label={label}
          columns={UNMAPPED}
          rows={rows}
          rowKey={(row) => `${row.pointer} ${row.keyword} ${row.reason}`}
        />
      )}
      {count > rows.length && (
        <Text size="sm" c="dimmed">
          and {counted(count - rows.length, "more part")}
        </Text>
      )}
    </>
  );
}

const UNMAPPED: Column<Model<"Unmapped">>[] = [
  { id: "pointer", title: "Where", kind: "name", render: (row) => <span className="mono">{row.pointer || "/"}</span> },
  { id: "keyword", title: "Keyword", render: (row) => <span className="mono">{row.keyword}</span> },
  { id: "reason", title: "Why", render: (row) => row.reason },
];

function Inferred({ report }: { report: Model<"Inference"> }) {
  return (
    <>
      <Text size="sm">
        Of {counted(report.samples, "sample")} the revision accepts {report.accepted}.
      </Text>
      {report.left_out_count > 0 && (
        <Alert color="yellow" title={`${counted(report.left_out_count, "key")} left out`}>
          <ul style={{ margin: 0, paddingInlineStart: 18 }}>
            {report.left_out.map((row) => (
              <li key={row.pointer}>
                <span className="mono">{row.path}</span> ({row.seen} ×): {row.reason}
              </li>
            ))}
          </ul>
        </Alert>
      )}
      {report.refused_count > 0 && (
        <Alert color="yellow" title={`${counted(report.refused_count, "sample")} not accepted`}>
          <ul style={{ margin: 0, paddingInlineStart: 18 }}>
            {report.refused.map((row) => (
              <li key={row.index}>
                sample {row.index + 1}: {row.errors.map((fault) => `${fault.pointer} ${fault.message}`).join(" ")}
              </li>
            ))}
          </ul>
        </Alert>
      )}
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
