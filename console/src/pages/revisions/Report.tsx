import { Alert, Badge, Button, Group, Stack, Text } from "@mantine/core";

import type { Model } from "@/api/types";
import { DataTable, type Column } from "@/components/DataTable";
import { counted } from "@/text/units";

interface Props {
  revision: Model<"CreatedRevision">;
  onOpen: () => void;
}

/** What a JSON Schema or samples became, and what they could not become. */
export function Report({ revision, onOpen }: Props) {
  return (
    <Stack>
      <Text>
        “{revision.name}” has {counted(revision.field_count, "field")}.
      </Text>
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
  if (report.unmapped_count === 0) {
    return (
      <Alert color="pine" title="The whole schema was taken over">
        Everything in it has a counterpart in fields.
      </Alert>
    );
  }
  return (
    <>
      <Alert color="yellow" title={`${counted(report.unmapped_count, "part")} of the schema had no counterpart`}>
        Look at each: the revision may accept or refuse events that the schema does not.
      </Alert>
      <DataTable
        label="What was not taken over"
        columns={UNMAPPED}
        rows={report.unmapped}
        rowKey={(row) => `${row.pointer} ${row.keyword}`}
      />
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
      <DataTable label="What was inferred" columns={GUESSES} rows={report.guesses} rowKey={(row) => row.path} />
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
      <Badge variant="light" color={CONFIDENCE[row.confidence]}>
        {row.confidence}
      </Badge>
    ),
  },
  { id: "why", title: "Made of", render: (row) => row.why },
];
