import { IconPencil } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { DataTable, TableSkeleton, type Column } from "@/components/DataTable";
import { FormDrawer } from "@/components/FormDialog";
import { IconButton } from "@/components/IconButton";
import { Loaded } from "@/components/Loaded";
import { Section } from "@/components/Page";
import { RelativeTime } from "@/components/RelativeTime";
import { OrganisationLimits } from "@/pages/operations/OrganisationLimits";
import { humanBytes, humanCount, percent } from "@/text/units";

type Organisation = Model<"Organisation">;
type Use = Model<"LimitUse">;

/** Every organisation of the deployment with its plan, what it uses, and a way to change both plan and bounds. */
export function Organisations() {
  const query = useQuery(lists.organisations());
  const { open } = useSearch({ from: "/app/operations/organisations" });
  const navigate = useNavigate({ from: "/operations/organisations" });
  const show = (id?: string) => void navigate({ search: { open: id }, replace: true });
  const opened = query.data?.find(({ id }) => id === open);
  // What was opened stays open over what was typed, whatever the list has become since.
  const [kept, setKept] = useState(opened);
  if (opened !== undefined && opened.id !== kept?.id) setKept(opened);
  const changed = open === undefined || kept?.id !== open ? null : kept;
  return (
    <Section tab title="Organisations" lead="You set each plan and each bound. Use is of this calendar month, UTC.">
      <Loaded query={query} skeleton={<TableSkeleton />} failed="The organisations could not be loaded">
        {(rows) => (
          <DataTable
            label="Organisations"
            phone="list"
            columns={columnsOf(show)}
            rows={rows}
            rowKey={(row) => row.id}
          />
        )}
      </Loaded>
      <FormDrawer opened={changed !== null} onClose={() => show()} title={changed?.name ?? ""}>
        {changed !== null && <OrganisationLimits key={changed.id} organisation={changed} onClose={() => show()} />}
      </FormDrawer>
    </Section>
  );
}

function columnsOf(onEdit: (id: string) => void): Column<Organisation>[] {
  return [
    { id: "name", title: "Name", kind: "name", render: ({ name }) => name },
    { id: "plan", title: "Plan", render: ({ plan }) => plan.name },
    {
      id: "requests",
      title: "Requests",
      kind: "number",
      before: "requests",
      render: ({ limits }) => usedOf(limits.requests, humanCount),
    },
    {
      id: "bytes",
      title: "Bytes",
      kind: "number",
      before: "bytes",
      render: ({ limits }) => usedOf(limits.bytes, humanBytes),
    },
    {
      id: "endpoints",
      title: "Endpoints",
      kind: "number",
      before: "endpoints",
      render: ({ limits }) => usedOf(limits.endpoints, humanCount),
    },
    {
      id: "created",
      title: "Created",
      before: "created",
      render: ({ created_at }) => <RelativeTime at={created_at} />,
    },
    {
      id: "actions",
      title: "Actions",
      kind: "actions",
      render: ({ id, name }) => (
        <IconButton
          label={`Change the plan and bounds of ${name}`}
          icon={<IconPencil size={18} />}
          onClick={() => onEdit(id)}
        />
      ),
    },
  ];
}

function usedOf({ used, limit, share }: Use, human: (value: number) => string): string {
  return limit === null ? `${human(used)} · No limit` : `${human(used)} of ${human(limit)} · ${percent(share ?? 0)}`;
}
