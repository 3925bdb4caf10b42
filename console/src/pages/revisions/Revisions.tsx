import { Button, Group } from "@mantine/core";
import { IconArrowsDiff, IconPlus, IconVersions } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { DataTable, sorted, TableSkeleton } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { Loaded } from "@/components/Loaded";
import { Section } from "@/components/Page";
import { DeployElsewhere } from "@/pages/environments/deployments/DeployElsewhere";
import { CloneRevision } from "@/pages/revisions/CloneRevision";
import { revisionColumns } from "@/pages/revisions/columns";
import { DeleteRevision } from "@/pages/revisions/DeleteRevision";
import { Exports } from "@/pages/revisions/Exports";
import { Finalise } from "@/pages/revisions/Finalise";
import { NewRevision } from "@/pages/revisions/NewRevision";
import { RenameRevision } from "@/pages/revisions/RenameRevision";

type Revision = Model<"Revision">;
type Opened = { what: "show" | "clone" | "finalise" | "deploy" | "rename" | "delete"; revision: Revision } | null;

/** Every version of an endpoint's schema. */
export function Revisions() {
  const { endpointId } = useParams({ from: "/app/endpoints/$endpointId/revisions" });
  const search = useSearch({ from: "/app/endpoints/$endpointId/revisions" });
  const navigate = useNavigate({ from: "/endpoints/$endpointId/revisions" });
  const revisions = useQuery(lists.revisions(endpointId));
  const environments = useQuery(lists.environments(endpointId));
  const [opened, setOpened] = useState<Opened>(null);
  const refused = useRefusal("editor");
  const open = (what: NonNullable<Opened>["what"]) => (revision: Revision) => setOpened({ what, revision });
  const close = () => setOpened(null);
  const of = (what: NonNullable<Opened>["what"]) => (opened?.what === what ? opened.revision : null);
  const ticked = search.compare ?? [];
  const columns = revisionColumns({
    environments: environments.data ?? [],
    ticked,
    onTick: ({ id }) => {
      const compare = ticked.includes(id) ? ticked.filter((other) => other !== id) : [...ticked, id];
      void navigate({
        search: (old) => ({ ...old, compare: compare.length === 0 ? undefined : compare }),
        replace: true,
      });
    },
    onShow: open("show"),
    onClone: open("clone"),
    onFinalise: open("finalise"),
    onDeploy: open("deploy"),
    onRename: open("rename"),
    onDelete: open("delete"),
    refused,
  });
  const sorting = { by: search.by ?? "created", descending: search.by === undefined || search.descending === true };
  const openDesigner = (revisionId: string, template?: string) =>
    void navigate({
      to: "/endpoints/$endpointId/revisions/$revisionId",
      params: { endpointId, revisionId },
      search: { template },
    });
  const newButton = (
    <Button
      leftSection={<IconPlus size={16} />}
      data-disabled={refused !== false || undefined}
      onClick={() => {
        if (refused === false) void navigate({ search: (old) => ({ ...old, new: true }), replace: true });
      }}
    >
      New revision
    </Button>
  );
  return (
    <Section
      tab
      title="Revisions"
      lead="A revision is one version of the schema. Only finalised ones can be deployed, and those never change."
      actions={
        <>
          <CompareButton revisions={revisions.data ?? []} ticked={ticked} endpointId={endpointId} />
          {newButton}
        </>
      }
    >
      <Loaded query={revisions} skeleton={<TableSkeleton />} failed="The revisions could not be loaded">
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState icon={<IconVersions size={40} />} title="No revisions" action={newButton}>
              Describe your events in one: from scratch, from a sample, or from a JSON Schema.
            </EmptyState>
          ) : (
            <DataTable
              label="Revisions"
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
      <NewRevision
        opened={search.new === true}
        endpointId={endpointId}
        revisions={revisions.data ?? []}
        onClose={() => void navigate({ search: (old) => ({ ...old, new: undefined }), replace: true })}
        onDone={openDesigner}
      />
      {opened?.what === "show" && <Exports opened onClose={close} revision={opened.revision} first="example" />}
      <CloneRevision revision={of("clone")} onClose={close} onCloned={({ id }) => openDesigner(id)} />
      <Finalise revision={of("finalise")} onClose={close} onDeploy={open("deploy")} />
      <DeployElsewhere revision={of("deploy")} onClose={close} />
      <RenameRevision revision={of("rename")} onClose={close} />
      <DeleteRevision revision={of("delete")} onClose={close} />
    </Section>
  );
}

interface CompareProps {
  revisions: Revision[];
  ticked: readonly string[];
  endpointId: string;
}

/** Compares the two that are ticked, from the older to the newer. */
function CompareButton({ revisions, ticked, endpointId }: CompareProps) {
  const navigate = useNavigate();
  const [older, newer] = revisions
    .filter(({ id }) => ticked.includes(id))
    .toSorted((one, other) => one.created_at.localeCompare(other.created_at));
  const able = older !== undefined && newer !== undefined;
  return (
    <Group gap="xs">
      <Button
        variant="default"
        leftSection={<IconArrowsDiff size={16} />}
        disabled={!able}
        title={able ? undefined : "Tick two revisions to compare them"}
        onClick={() => {
          if (!able) return;
          const params = { endpointId, fromId: older.id, toId: newer.id };
          void navigate({ to: "/endpoints/$endpointId/compare/$fromId/$toId", params });
        }}
      >
        Compare
      </Button>
    </Group>
  );
}
