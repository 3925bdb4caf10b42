import { DataTable, type Column } from "@/components/DataTable";
import { factsOf } from "@/pages/revisions/facts";
import { nodesFrom, type Node, type SchemaField } from "@/pages/revisions/field";
import { visible } from "@/text/laid_out";

interface Row {
  path: string;
  depth: number;
  node: Node;
}

/** Fields on all levels, as the designer will have them. */
export function NewFields({ fields }: { fields: readonly SchemaField[] }) {
  return (
    <DataTable
      label="Fields to add"
      columns={COLUMNS}
      rows={rowsOf(nodesFrom(fields, { id: 1 }))}
      rowKey={({ path }) => path}
    />
  );
}

function rowsOf(nodes: readonly Node[], above = "", depth = 0): Row[] {
  return nodes.flatMap((node) => {
    const path = above + node.key;
    return [{ path, depth, node }, ...rowsOf(node.fields, `${path}.`, depth + 1)];
  });
}

const COLUMNS: Column<Row>[] = [
  {
    id: "key",
    title: "Field",
    kind: "name",
    render: ({ node, depth }) => (
      <span className="mono" style={{ paddingInlineStart: depth * 20 }}>
        {node.key}
        {node.from !== "" && ` ← ${visible(node.from)}`}
      </span>
    ),
  },
  { id: "type", title: "Type", render: ({ node }) => <span className="mono">{node.type}</span> },
  { id: "facts", title: "Presence and rules", render: ({ node }) => factsOf(node) },
];
