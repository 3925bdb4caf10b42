import { Paper, Stack, Title } from "@mantine/core";

import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { DataTable, type Column } from "@/components/DataTable";
import { protocolName } from "@/pages/environments/quarantine/protocols";

type Row = Model<"ProtocolCounts">;

const COLUMNS: Column<Row>[] = [
  {
    id: "protocol",
    title: "Protocol",
    kind: "name",
    render: ({ protocol }) => (protocol === null ? <em>none, native</em> : protocolName(protocol)),
  },
  { id: "accepted", title: "Accepted", kind: "number", render: ({ accepted }) => <Amount value={accepted} /> },
  { id: "rejected", title: "Rejected", kind: "number", render: ({ rejected }) => <Amount value={rejected} /> },
  {
    id: "quarantined",
    title: "In quarantine",
    kind: "number",
    render: ({ quarantined }) => <Amount value={quarantined} />,
  },
];

/** Events by the protocol that they came in, the most frequent first; nothing where all are native. */
export function Protocols({ rows }: { rows: Row[] }) {
  if (rows.every(({ protocol }) => protocol === null)) return null;
  return (
    <Paper>
      <Stack>
        <Title order={3}>Events by protocol</Title>
        <DataTable
          label="Events by protocol"
          columns={COLUMNS}
          rows={rows}
          rowKey={({ protocol }) => protocol ?? "native"}
        />
      </Stack>
    </Paper>
  );
}
