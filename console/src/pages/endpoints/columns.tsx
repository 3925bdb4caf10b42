import { Group } from "@mantine/core";
import { IconArrowRight, IconPencil, IconTrash } from "@tabler/icons-react";

import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import type { Column } from "@/components/DataTable";
import { IconButton } from "@/components/IconButton";
import { IconLink, TextLink } from "@/components/LinkButton";
import { RelativeTime } from "@/components/RelativeTime";
import { UsageSpark } from "@/components/UsageSpark";

type Endpoint = Model<"Endpoint">;

interface Options {
  onRename: (endpoint: Endpoint) => void;
  onDelete: (endpoint: Endpoint) => void;
  mayRename: string | false;
  mayDelete: string | false;
}

export function endpointColumns({ onRename, onDelete, mayRename, mayDelete }: Options): Column<Endpoint>[] {
  return [
    {
      id: "name",
      title: "Name",
      kind: "name",
      sortBy: (endpoint) => endpoint.name,
      render: (endpoint) => (
        <TextLink to="/endpoints/$endpointId" params={{ endpointId: endpoint.id }} fw={600}>
          {endpoint.name}
        </TextLink>
      ),
    },
    {
      id: "requests",
      title: "Requests, 30 days",
      onPhone: "line",
      render: (endpoint) => <UsageSpark scope={{ endpoint: endpoint.id }} metric="requests" />,
    },
    {
      id: "bytes",
      title: "Bytes, 30 days",
      onPhone: "line",
      render: (endpoint) => <UsageSpark scope={{ endpoint: endpoint.id }} metric="bytes" />,
    },
    {
      id: "environments",
      title: "Environments",
      kind: "number",
      render: (endpoint) => (
        <TextLink to="/endpoints/$endpointId/environments" params={{ endpointId: endpoint.id }} c="inherit">
          <Amount value={endpoint.environments} />
          <span className="on-phone">{endpoint.environments === 1 ? " environment" : " environments"}</span>
        </TextLink>
      ),
    },
    {
      id: "created",
      title: "Created",
      sortBy: (endpoint) => endpoint.created_at,
      onPhone: "end",
      render: (endpoint) => <RelativeTime at={endpoint.created_at} />,
    },
    {
      id: "actions",
      title: "Actions",
      kind: "actions",
      render: (endpoint) => (
        <Group gap={2} justify="flex-end" wrap="nowrap">
          <IconButton
            label={`Rename ${endpoint.name}`}
            icon={<IconPencil size={16} />}
            refused={mayRename}
            onClick={() => onRename(endpoint)}
          />
          <IconButton
            label={`Delete ${endpoint.name}`}
            icon={<IconTrash size={16} />}
            destroys
            refused={mayDelete}
            onClick={() => onDelete(endpoint)}
          />
          <IconLink
            to="/endpoints/$endpointId"
            params={{ endpointId: endpoint.id }}
            aria-label={`Open ${endpoint.name}`}
            title={`Open ${endpoint.name}`}
          >
            <IconArrowRight size={16} />
          </IconLink>
        </Group>
      ),
    },
  ];
}
