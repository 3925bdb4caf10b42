import { IconPlus, IconServer } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { DataTable, sorted, TableSkeleton } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { Loaded } from "@/components/Loaded";
import { Section } from "@/components/Page";
import { environmentColumns } from "@/pages/environments/columns";
import { CreateEnvironment } from "@/pages/environments/CreateEnvironment";
import { DeleteEnvironment } from "@/pages/environments/settings/DeleteEnvironment";

const PROVISIONING_POLL_MS = 2_000;

/** Where an endpoint's revisions run, each with an address and a destination. */
export function Environments() {
  const { endpointId } = useParams({ from: "/app/endpoints/$endpointId/environments" });
  const search = useSearch({ from: "/app/endpoints/$endpointId/environments" });
  const navigate = useNavigate({ from: "/endpoints/$endpointId/environments" });
  const environments = useQuery({
    ...lists.environments(endpointId),
    refetchInterval: ({ state }) =>
      state.data?.some(({ status }) => status === "provisioning") === true ? PROVISIONING_POLL_MS : false,
  });
  const revisions = useQuery(lists.revisions(endpointId));
  const [removed, setRemoved] = useState<Model<"Environment"> | null>(null);
  const refusedToEdit = useRefusal("editor");
  const refusedToDelete = useRefusal("admin");
  const open = (what: "new" | undefined) => void navigate({ search: (old) => ({ ...old, open: what }), replace: true });
  const columns = environmentColumns({
    revisions: revisions.data ?? [],
    refusedToDelete,
    onDelete: setRemoved,
  });
  const sorting = { by: search.by ?? "name", descending: search.descending === true };
  const newButton = (
    <ActionButton leftSection={<IconPlus size={16} />} refused={refusedToEdit} onClick={() => open("new")}>
      New environment
    </ActionButton>
  );
  return (
    <Section
      tab
      title="Environments"
      lead="An environment runs one finalised revision at an address and delivers to one destination."
      actions={newButton}
    >
      <Loaded query={environments} skeleton={<TableSkeleton />} failed="The environments could not be loaded">
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState icon={<IconServer size={40} />} title="No environments" action={newButton}>
              Create one to get an address that accepts events. Most endpoints have a Production and a Staging.
            </EmptyState>
          ) : (
            <DataTable
              label="Environments"
              phone="list"
              columns={columns}
              rows={sorted(rows, columns, sorting)}
              rowKey={({ id }) => id}
              sorting={sorting}
              onSort={({ by, descending }) =>
                void navigate({ search: (old) => ({ ...old, by, descending: descending || undefined }), replace: true })
              }
            />
          )
        }
      </Loaded>
      <CreateEnvironment
        endpointId={endpointId}
        revisions={revisions.data ?? []}
        opened={search.open === "new" && revisions.data !== undefined}
        onClose={() => open(undefined)}
      />
      <DeleteEnvironment environment={removed} onClose={() => setRemoved(null)} />
    </Section>
  );
}
