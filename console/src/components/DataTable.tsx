import { Paper, Skeleton, Table, UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import type { ReactNode } from "react";

import classes from "@/components/DataTable.module.css";

export interface Column<Row> {
  id: string;
  title: string;
  render: (row: Row) => ReactNode;
  /** `name`: the row's own heading. `actions`: its buttons, without a visible title. */
  kind?: "name" | "number" | "actions";
  /** What rows are ordered by; a column without it can't be sorted. */
  sortBy?: (row: Row) => string | number;
  /** Of a table that is a list on a phone: before the name, a line of its own, or the end of one. */
  onPhone?: "start" | "line" | "end";
  /** The same: what stands before or behind the value, which has no label there. */
  before?: string;
  behind?: (row: Row) => string;
}

export interface Sorting {
  by: string;
  descending: boolean;
}

interface Props<Row> {
  /** What the table lists, said to who can't see it. */
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  /** As the address has it; sorting itself is `sorted`'s business, since pages cut the rows after it. */
  sorting?: Sorting;
  onSort?: (sorting: Sorting) => void;
  /** On a phone, a card of labelled values for each row, or a dense list of what explains itself. */
  phone?: "cards" | "list";
}

/** More columns than this stand closer together. */
const ROOMY_COLUMNS = 7;

const CELL = { name: classes.name, number: classes.end, actions: classes.actions };

/** A table that is one of cards on a phone, and one for screen readers on both. */
export function DataTable<Row>({ label, columns, rows, rowKey, sorting, onSort, phone = "cards" }: Props<Row>) {
  return (
    <Paper p={0}>
      <Table
        className={classes.table}
        data-dense={columns.length > ROOMY_COLUMNS || undefined}
        data-phone={phone}
        aria-label={label}
        role="table"
        verticalSpacing="sm"
        horizontalSpacing="md"
      >
        <Table.Thead role="rowgroup">
          <Table.Tr role="row">
            {columns.map((column) => (
              <Heading key={column.id} column={column} sorting={sorting} onSort={onSort} />
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody role="rowgroup">
          {rows.map((row) => (
            <Table.Tr key={rowKey(row)} role="row">
              {columns.map((column) => (
                <Table.Td
                  key={column.id}
                  role="cell"
                  className={column.kind && CELL[column.kind]}
                  data-label={column.kind === "actions" ? undefined : column.title}
                  data-on-phone={column.onPhone}
                  data-before={column.before}
                  data-behind={column.behind?.(row)}
                >
                  {column.render(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}

function Heading<Row>({ column, sorting, onSort }: { column: Column<Row> } & Pick<Props<Row>, "sorting" | "onSort">) {
  const isSorted = sorting?.by === column.id;
  const order = isSorted ? (sorting.descending ? "descending" : "ascending") : undefined;
  const className = column.kind === "number" ? classes.end : column.kind === "actions" ? classes.actions : undefined;
  if (column.kind === "actions") {
    return (
      <Table.Th role="columnheader" className={className}>
        <span className="said">{column.title}</span>
      </Table.Th>
    );
  }
  if (column.sortBy === undefined || onSort === undefined) {
    return (
      <Table.Th role="columnheader" className={className}>
        {column.title}
      </Table.Th>
    );
  }
  const turn = () => onSort({ by: column.id, descending: isSorted ? !sorting.descending : false });
  return (
    <Table.Th role="columnheader" aria-sort={order} className={className}>
      <UnstyledButton className={classes.sort} onClick={turn}>
        {column.title}
        {isSorted && (sorting.descending ? <IconArrowDown size={12} /> : <IconArrowUp size={12} />)}
      </UnstyledButton>
    </Table.Th>
  );
}

/** Rows in the order of a column; those that are equal keep theirs. */
export function sorted<Row>(rows: Row[], columns: Column<Row>[], sorting: Sorting): Row[] {
  const key = columns.find((column) => column.id === sorting.by)?.sortBy;
  if (key === undefined) return rows;
  const sign = sorting.descending ? -1 : 1;
  return rows.toSorted((one, other) => sign * compare(key(one), key(other)));
}

/** Made once: a string's own `localeCompare` makes one for each of the thousands of comparisons of a long list. */
const BY_NAME = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function compare(one: string | number, other: string | number): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return BY_NAME.compare(String(one), String(other));
}

/** The shape of a table that is on its way. */
export function TableSkeleton({ rows = 5 }: { rows?: number }) {
  return (
    <Paper aria-hidden>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={22} my={14} />
      ))}
    </Paper>
  );
}
