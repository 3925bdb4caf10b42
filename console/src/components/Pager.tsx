import { Group, Pagination, Text } from "@mantine/core";

import { exactCount } from "@/text/units";

interface Props {
  page: number;
  pageSize: number;
  count: number;
  /** What is counted: `endpoints`. */
  noun: string;
  onPage: (page: number) => void;
}

/** Which rows are in sight, and a way to the others. */
export function Pager({ page, pageSize, count, noun, onPage }: Props) {
  if (count <= pageSize) return null;
  const first = (page - 1) * pageSize + 1;
  return (
    <Group justify="space-between">
      <Text size="sm" c="dimmed" className="figures">
        {exactCount(first)}–{exactCount(Math.min(count, page * pageSize))} of {exactCount(count)} {noun}
      </Text>
      <Pagination
        size="sm"
        total={Math.ceil(count / pageSize)}
        value={page}
        onChange={onPage}
        getControlProps={(control) => ({ "aria-label": CONTROLS[control] })}
        getItemProps={(number) => ({ "aria-label": `Page ${number}` })}
      />
    </Group>
  );
}

const CONTROLS = { first: "First page", previous: "Previous page", next: "Next page", last: "Last page" };
