import { Stack, Text } from "@mantine/core";
import {
  IconBug,
  IconCode,
  IconHistory,
  IconKey,
  IconListSearch,
  IconPencil,
  IconRocket,
  IconTrash,
  IconWorld,
} from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";

import type { Model } from "@/api/types";
import { CopyField } from "@/components/Copy";
import type { Column } from "@/components/DataTable";
import { IconButton } from "@/components/IconButton";
import { TextLink } from "@/components/LinkButton";
import { RelativeTime } from "@/components/RelativeTime";
import { UsageSpark } from "@/components/UsageSpark";
import classes from "@/pages/environments/Environments.module.css";
import { destinationText } from "@/pages/environments/destination_form";
import { Status } from "@/pages/environments/Status";

type Environment = Model<"Environment">;

interface Options {
  revisions: Model<"Revision">[];
  refusedToEdit: string | false;
  refusedToDelete: string | false;
  onEdit: (environment: Environment) => void;
  onDelete: (environment: Environment) => void;
}

export function environmentColumns(options: Options): Column<Environment>[] {
  const nameOf = (id: string) => options.revisions.find((revision) => revision.id === id)?.name ?? "…";
  return [
    {
      id: "name",
      title: "Name",
      kind: "name",
      sortBy: ({ name }) => name,
      render: ({ name }) => (
        <Text inherit miw={72}>
          {name}
        </Text>
      ),
    },
    {
      id: "address",
      title: "Address",
      render: ({ name, address }) => <ShortAddress address={address} name={name} />,
    },
    {
      id: "revision",
      title: "Revision",
      render: ({ endpoint_id, revision_id, deployed_at }) => (
        <Stack gap={0} miw={104}>
          <TextLink
            to="/endpoints/$endpointId/revisions/$revisionId"
            params={{ endpointId: endpoint_id, revisionId: revision_id }}
            c="inherit"
          >
            {nameOf(revision_id)}
          </TextLink>
          <Text size="xs" c="dimmed">
            <RelativeTime at={deployed_at} />
          </Text>
        </Stack>
      ),
    },
    {
      id: "destination",
      title: "Destination",
      sortBy: ({ destination }) => destinationText(destination),
      render: ({ destination }) => (
        <Text size="sm" miw={104} style={{ overflowWrap: "anywhere" }}>
          {destinationText(destination)}
        </Text>
      ),
    },
    {
      id: "domain",
      title: "Domain",
      render: ({ custom_domain }) => <span className={classes.domain}>{custom_domain ?? "–"}</span>,
    },
    {
      id: "status",
      title: "Status",
      sortBy: ({ status }) => status,
      render: (row) => <Status environment={row} refusedToEdit={options.refusedToEdit} onEdit={options.onEdit} />,
    },
    {
      id: "requests",
      title: "Requests",
      render: ({ id }) => <UsageSpark scope={{ environment: id }} metric="requests" compact />,
    },
    {
      id: "bytes",
      title: "Bytes",
      render: ({ id }) => <UsageSpark scope={{ environment: id }} metric="bytes" compact />,
    },
    { id: "actions", title: "Actions", kind: "actions", render: (row) => <Actions environment={row} {...options} /> },
  ];
}

function ShortAddress({ address, name }: { address: string; name: string }) {
  return (
    <div className={classes.address}>
      <CopyField cutAt="start" value={address} label={`Copy the address of ${name}`} />
    </div>
  );
}

function Actions({ environment, ...options }: { environment: Environment } & Options) {
  const navigate = useNavigate();
  const { name } = environment;
  const params = { endpointId: environment.endpoint_id, environmentId: environment.id };
  return (
    <div className={classes.actions}>
      <IconButton
        label={`Install ${name}`}
        icon={<IconCode size={16} />}
        onClick={() => void navigate({ to: "/endpoints/$endpointId/environments/$environmentId/install", params })}
      />
      <IconButton
        label={`Deploy to ${name}`}
        icon={<IconRocket size={16} />}
        refused={options.refusedToEdit}
        onClick={() => void navigate({ to: "/endpoints/$endpointId/environments/$environmentId/deploy", params })}
      />
      <IconButton
        label={`History of ${name}`}
        icon={<IconHistory size={16} />}
        onClick={() =>
          void navigate({ to: "/endpoints/$endpointId/environments/$environmentId/deploy", params, hash: "history" })
        }
      />
      <IconButton
        label={`Quarantine of ${name}`}
        icon={<IconBug size={16} />}
        onClick={() => void navigate({ to: "/endpoints/$endpointId/environments/$environmentId/quarantine", params })}
      />
      <IconButton
        label={`Unknown fields of ${name}`}
        icon={<IconListSearch size={16} />}
        onClick={() =>
          void navigate({ to: "/endpoints/$endpointId/environments/$environmentId/unknown-fields", params })
        }
      />
      <IconButton
        label={`Keys and webhooks of ${name}`}
        icon={<IconKey size={16} />}
        onClick={() =>
          void navigate({ to: "/endpoints/$endpointId/environments/$environmentId/keys-and-webhooks", params })
        }
      />
      <IconButton
        label={`Domain of ${name}`}
        icon={<IconWorld size={16} />}
        onClick={() => void navigate({ to: "/endpoints/$endpointId/environments/$environmentId/domain", params })}
      />
      <IconButton
        label={`Edit ${name}`}
        icon={<IconPencil size={16} />}
        refused={options.refusedToEdit}
        onClick={() => options.onEdit(environment)}
      />
      <IconButton
        label={`Delete ${name}`}
        icon={<IconTrash size={16} />}
        color="red"
        refused={options.refusedToDelete}
        onClick={() => options.onDelete(environment)}
      />
    </div>
  );
}
