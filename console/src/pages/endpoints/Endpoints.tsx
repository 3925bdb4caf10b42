import { Button, Stack, TextInput, UnstyledButton } from "@mantine/core";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { api } from "@/api/client";
import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { DataTable, sorted, TableSkeleton } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { LinkButton } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { Page } from "@/components/Page";
import { Pager } from "@/components/Pager";
import { PlanMeter, PlanMeterSkeleton } from "@/components/PlanMeter";
import { endpointColumns } from "@/pages/endpoints/columns";
import { CreateEndpoint } from "@/pages/endpoints/CreateEndpoint";
import { DeleteEndpoint } from "@/pages/endpoints/DeleteEndpoint";
import classes from "@/pages/endpoints/Endpoints.module.css";
import { RenameEndpoint } from "@/pages/endpoints/RenameEndpoint";
import { useTyped } from "@/state/typed";

const PAGE_SIZE = 25;

/** The home page: every endpoint of the organisation. */
export function Endpoints() {
  const endpoints = useQuery(lists.endpoints());
  const organisation = api.useQuery("get", "/v1/organisation");
  const [isCreating, setIsCreating] = useState(false);
  const refused = useRefusal("editor");
  const isEmpty = endpoints.data?.length === 0;
  return (
    <Page
      title="Endpoints"
      lead="Each collects events: its revisions hold the schema, its environments the addresses."
      actions={
        <Button
          leftSection={<IconPlus size={16} />}
          onClick={() => setIsCreating(true)}
          disabled={refused !== false}
          title={refused === false ? undefined : refused}
        >
          New endpoint
        </Button>
      }
    >
      {!isEmpty &&
        (organisation.data === undefined ? (
          organisation.isPending && <PlanMeterSkeleton />
        ) : (
          <PlanMeter limits={organisation.data.limits} />
        ))}
      <Loaded query={endpoints} skeleton={<TableSkeleton />} failed="The endpoints could not be loaded">
        {(rows) =>
          rows.length === 0 ? <NoEndpoints onCreate={() => setIsCreating(true)} /> : <Listed endpoints={rows} />
        }
      </Loaded>
      <CreateEndpoint opened={isCreating} onClose={() => setIsCreating(false)} />
    </Page>
  );
}

function NoEndpoints({ onCreate }: { onCreate: () => void }) {
  const refused = useRefusal("editor");
  return (
    <EmptyState
      icon={
        <UnstyledButton
          className={classes.plus}
          onClick={onCreate}
          aria-label="Create the first endpoint"
          disabled={refused !== false}
        >
          <IconPlus size={40} stroke={1.5} />
        </UnstyledButton>
      }
      title="Create your first endpoint"
      action={
        refused === false ? (
          <LinkButton to="/start" size="md">
            Start with a sample event
          </LinkButton>
        ) : undefined
      }
    >
      {refused === false
        ? "Paste an event that you have, or choose the template of your sender: four steps lead to the first event that arrives. Or press the plus to start without them."
        : `Nobody has created one yet. ${refused}`}
    </EmptyState>
  );
}

function Listed({ endpoints }: { endpoints: Model<"Endpoint">[] }) {
  const search = useSearch({ from: "/app/" });
  const navigate = useNavigate({ from: "/" });
  const [renamed, setRenamed] = useState<Model<"Endpoint"> | null>(null);
  const [deleted, setDeleted] = useState<Model<"Endpoint"> | null>(null);
  const mayRename = useRefusal("editor");
  const mayDelete = useRefusal("admin");
  const columns = useMemo(
    () => endpointColumns({ onRename: setRenamed, onDelete: setDeleted, mayRename, mayDelete }),
    [mayRename, mayDelete],
  );

  const wantedName = useTyped(
    search.q ?? "",
    (q) => void navigate({ search: (old) => ({ ...old, q: q || undefined, page: undefined }), replace: true }),
  );
  const wanted = (search.q ?? "").trim().toLowerCase();
  const { sort: by = "name", descending = false } = search;
  const sorting = { by, descending };
  const found = useMemo(() => {
    const matching = endpoints.filter((endpoint) => endpoint.name.toLowerCase().includes(wanted));
    return sorted(matching, columns, { by, descending });
  }, [endpoints, wanted, columns, by, descending]);
  const page = Math.min(search.page ?? 1, Math.max(1, Math.ceil(found.length / PAGE_SIZE)));
  return (
    <Stack>
      <TextInput
        aria-label="Search endpoints"
        placeholder="Search by name"
        leftSection={<IconSearch size={16} />}
        maw={360}
        {...wantedName}
      />
      {found.length === 0 ? (
        <EmptyState
          title={`No endpoint has “${search.q ?? ""}” in its name`}
          action={
            <Button variant="default" onClick={() => void navigate({ search: {} })}>
              Show all
            </Button>
          }
        >
          Search looks at names only, whatever their case.
        </EmptyState>
      ) : (
        <DataTable
          label="Endpoints"
          phone="list"
          columns={columns}
          rows={found.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE)}
          rowKey={(endpoint) => endpoint.id}
          sorting={sorting}
          onSort={({ by, descending }) =>
            void navigate({
              search: (old) => ({
                ...old,
                sort: by === "created" ? by : undefined,
                descending: descending || undefined,
                page: undefined,
              }),
              replace: true,
            })
          }
        />
      )}
      <Pager
        page={page}
        pageSize={PAGE_SIZE}
        count={found.length}
        noun="endpoints"
        onPage={(next) => void navigate({ search: (old) => ({ ...old, page: next === 1 ? undefined : next }) })}
      />
      <RenameEndpoint endpoint={renamed} onClose={() => setRenamed(null)} />
      <DeleteEndpoint endpoint={deleted} onClose={() => setDeleted(null)} />
    </Stack>
  );
}
