import { Alert, Text } from "@mantine/core";
import type { ReactNode } from "react";

import type { Model } from "@/api/types";
import { DataTable, type Column } from "@/components/DataTable";
import { counted } from "@/text/units";

/** Whether an import is complete and exact, and what keeps it from being so. */
export function Imported({ report }: { report: Model<"Import"> }) {
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

/** How many samples fit what was inferred, the keys that were left out, and the samples that do not fit. */
export function Accepted({ report }: { report: Model<"Inference"> }) {
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
    </>
  );
}
