import { Badge, Checkbox, Group } from "@mantine/core";
import { IconCopy, IconEye, IconLock, IconPencil, IconRocket, IconTrash } from "@tabler/icons-react";

import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import type { Column } from "@/components/DataTable";
import { IconButton } from "@/components/IconButton";
import { TextLink } from "@/components/LinkButton";
import { Nothing } from "@/components/Nothing";
import { RelativeTime } from "@/components/RelativeTime";
import { noun } from "@/text/units";

type Revision = Model<"Revision">;

/** Environments that a revision runs in; the others are counted. */
const MOST_NAMED = 5;

interface Options {
  environments: Model<"Environment">[];
  ticked: readonly string[];
  onTick: (revision: Revision) => void;
  onShow: (revision: Revision) => void;
  onClone: (revision: Revision) => void;
  onFinalise: (revision: Revision) => void;
  onDeploy: (revision: Revision) => void;
  onRename: (revision: Revision) => void;
  onDelete: (revision: Revision) => void;
  refused: string | false;
}

export function revisionColumns(options: Options): Column<Revision>[] {
  const { environments, ticked, refused } = options;
  return [
    {
      id: "compare",
      title: "Compare",
      onPhone: "start",
      render: (revision) => (
        <Checkbox
          aria-label={`Tick ${revision.name} to compare it`}
          checked={ticked.includes(revision.id)}
          disabled={ticked.length === 2 && !ticked.includes(revision.id)}
          onChange={() => options.onTick(revision)}
        />
      ),
    },
    {
      id: "name",
      title: "Name",
      kind: "name",
      sortBy: (revision) => revision.name,
      render: (revision) => (
        <TextLink
          to="/endpoints/$endpointId/revisions/$revisionId"
          params={{ endpointId: revision.endpoint_id, revisionId: revision.id }}
          fw={600}
        >
          {revision.name}
        </TextLink>
      ),
    },
    {
      id: "state",
      title: "State",
      sortBy: (revision) => revision.state,
      render: (revision) => (
        <Badge variant="light" color={revision.state === "draft" ? "yellow" : "pine"}>
          {revision.state === "draft" ? "Draft" : "Finalised"}
        </Badge>
      ),
    },
    {
      id: "fields",
      title: "Fields",
      kind: "number",
      behind: ({ field_count }) => noun(field_count, "field"),
      sortBy: (revision) => revision.field_count,
      render: (revision) => <Amount value={revision.field_count} />,
    },
    {
      id: "runs_in",
      title: "Runs in",
      before: "runs in",
      render: (revision) => {
        const running = environments.filter(({ revision_id }) => revision_id === revision.id);
        const canaries = environments.filter(({ canary }) => canary?.revision_id === revision.id);
        const all = [...running, ...canaries];
        if (all.length === 0) return <Nothing />;
        return (
          <Group gap="xs">
            {all.slice(0, MOST_NAMED).map(({ id, name, endpoint_id: endpointId, canary }) => (
              <TextLink
                key={id}
                size="sm"
                to="/endpoints/$endpointId/environments/$environmentId"
                params={{ endpointId, environmentId: id }}
              >
                {name}
                {canary?.revision_id === revision.id && ` (canary ${canary.share} %)`}
              </TextLink>
            ))}
            {all.length > MOST_NAMED && (
              <TextLink
                size="sm"
                c="dimmed"
                to="/endpoints/$endpointId/environments"
                params={{ endpointId: revision.endpoint_id }}
              >
                and {all.length - MOST_NAMED} more
              </TextLink>
            )}
          </Group>
        );
      },
    },
    {
      id: "created",
      title: "Created",
      before: "created",
      sortBy: (revision) => revision.created_at,
      render: (revision) => <RelativeTime at={revision.created_at} />,
    },
    {
      id: "actions",
      title: "Actions",
      kind: "actions",
      onPhone: "end",
      render: (revision) => {
        const isFinalised = revision.state === "finalised";
        const empty = revision.field_count === 0 && "There is nothing in it yet.";
        return (
          <Group gap={2} justify="flex-end" wrap="nowrap">
            <IconButton
              label={`Show an example of ${revision.name}`}
              icon={<IconEye size={16} />}
              refused={empty}
              onClick={() => options.onShow(revision)}
            />
            <IconButton
              label={`Clone ${revision.name}`}
              icon={<IconCopy size={16} />}
              refused={refused}
              onClick={() => options.onClone(revision)}
            />
            {isFinalised ? (
              <IconButton
                label={`Deploy ${revision.name}`}
                icon={<IconRocket size={16} />}
                refused={refused}
                onClick={() => options.onDeploy(revision)}
              />
            ) : (
              <IconButton
                label={`Finalise ${revision.name}`}
                icon={<IconLock size={16} />}
                refused={refused || empty}
                onClick={() => options.onFinalise(revision)}
              />
            )}
            <IconButton
              label={`Rename ${revision.name}`}
              icon={<IconPencil size={16} />}
              refused={refused}
              onClick={() => options.onRename(revision)}
            />
            <IconButton
              label={`Delete ${revision.name}`}
              icon={<IconTrash size={16} />}
              destroys
              refused={isFinalised ? "A finalised revision stays for ever." : refused}
              onClick={() => options.onDelete(revision)}
            />
          </Group>
        );
      },
    },
  ];
}
