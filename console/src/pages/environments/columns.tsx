import { ActionIcon, Group, Menu, Skeleton, Stack, Text } from "@mantine/core";
import { IconCode, IconDots, IconRocket, IconSettings, IconTrash } from "@tabler/icons-react";

import type { Model } from "@/api/types";
import { CopyField } from "@/components/Copy";
import type { Column } from "@/components/DataTable";
import { TextLink } from "@/components/LinkButton";
import { MenuLink } from "@/components/MenuLink";
import { Nothing } from "@/components/Nothing";
import { RelativeTime } from "@/components/RelativeTime";
import { UsageSpark } from "@/components/UsageSpark";
import { addressAt } from "@/pages/environments/domain_address";
import { CanaryBadge } from "@/pages/environments/CanaryBadge";
import { FiringBadge } from "@/pages/environments/alerts/Firing";
import classes from "@/pages/environments/Environments.module.css";
import { DeliveryBadge } from "@/pages/environments/page/DeliveryError";
import { deliveryState, type Health } from "@/pages/environments/page/health";
import { useHealth } from "@/pages/environments/page/use_health";
import { destinationText } from "@/pages/environments/settings/destination_form";
import { StatusBadge } from "@/pages/environments/StatusBadge";
import { counted, percent } from "@/text/units";
import { useNow } from "@/time/now";

type Environment = Model<"Environment">;

interface Options {
  revisions: Model<"Revision">[];
  refusedToDelete: string | false;
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
      render: (row) => (
        <TextLink
          to="/endpoints/$endpointId/environments/$environmentId"
          params={{ endpointId: row.endpoint_id, environmentId: row.id }}
          fw={600}
        >
          {row.name}
        </TextLink>
      ),
    },
    {
      id: "status",
      title: "Status",
      onPhone: "line",
      sortBy: ({ status }) => status,
      render: (row) => (
        <Group gap={6}>
          <StatusBadge environment={row} />
          <DeliveryBadge environment={row} />
          <CanaryBadge environment={row} />
          <FiringBadge environment={row} />
        </Group>
      ),
    },
    {
      id: "address",
      title: "Address",
      onPhone: "line",
      render: (row) => <ShortAddress environment={row} />,
    },
    {
      id: "revision",
      title: "Revision",
      render: ({ endpoint_id, revision_id, deployed_at }) => (
        <Stack gap={0}>
          <TextLink
            to="/endpoints/$endpointId/revisions/$revisionId"
            params={{ endpointId: endpoint_id, revisionId: revision_id }}
            c="inherit"
          >
            {nameOf(revision_id)}
          </TextLink>
          <Text size="xs" c="dimmed">
            since <RelativeTime at={deployed_at} />
          </Text>
        </Stack>
      ),
    },
    {
      id: "destination",
      title: "Destination",
      sortBy: ({ destination }) => destinationText(destination),
      onPhone: "line",
      before: "to",
      render: ({ destination }) => <span className={classes.destination}>{destinationText(destination)}</span>,
    },
    {
      id: "requests",
      title: "Requests, 30 days",
      onPhone: "line",
      render: ({ id }) => <UsageSpark scope={{ environment: id }} metric="requests" compact />,
    },
    {
      id: "bytes",
      title: "Bytes, 30 days",
      onPhone: "line",
      render: ({ id }) => <UsageSpark scope={{ environment: id }} metric="bytes" compact />,
    },
    { id: "health", title: "Last 24 hours", onPhone: "end", render: (row) => <ShortHealth environment={row} /> },
    { id: "actions", title: "Actions", kind: "actions", render: (row) => <Actions environment={row} {...options} /> },
  ];
}

/** The half of the address that tells environments apart: a domain of its own, or the end. All of it is copied. */
function ShortAddress({ environment }: { environment: Environment }) {
  const { name, address, custom_domain: domain } = environment;
  return (
    <div className={classes.address}>
      <CopyField
        cutAt="start"
        value={domain === null ? address : addressAt(domain, address)}
        label={`Copy the address of ${name}`}
      />
    </div>
  );
}

function ShortHealth({ environment: { id, delivery_error: error } }: { environment: Environment }) {
  const { data: health, isError } = useHealth(id);
  const state = deliveryState(error, useNow());
  if (health === undefined) return isError ? <Nothing /> : <Skeleton height={20} width={120} />;
  const { events, refusedShare, lastEventAt } = health;
  return (
    <Stack gap={0}>
      <Text size="sm">
        {refusedShare === null ? "No events" : `${counted(events, "event")}, ${percent(refusedShare)} refused`}
      </Text>
      {lastEventAt !== null && (
        <Text size="xs" c="dimmed">
          last event <RelativeTime at={lastEventAt} />
        </Text>
      )}
      <Delivery health={health} />
      {error !== null && state !== "fine" && (
        <Text
          size="xs"
          c={state === "failing" ? "var(--mantine-color-error)" : "dimmed"}
          maw={280}
          lineClamp={2}
          title={error.reason}
        >
          {state === "failing" ? "Destination: " : "Destination, recovered: "}
          {error.reason}
        </Text>
      )}
    </Stack>
  );
}

/** How far delivery has come. */
function Delivery({ health: { setAside, inFlight, waitingSince, deliveredTo } }: { health: Health }) {
  return (
    <>
      {setAside > 0 && (
        <Text size="xs" c="var(--mantine-color-error)">
          {counted(setAside, "event")} set aside
        </Text>
      )}
      {(inFlight > 0 || deliveredTo !== null) && (
        <Text size="xs" c="dimmed">
          {inFlight > 0 ? (
            <>
              {counted(inFlight, "event")} on {inFlight === 1 ? "its" : "their"} way, the oldest from{" "}
              <RelativeTime at={waitingSince} />
            </>
          ) : (
            <>
              delivered up to <RelativeTime at={deliveredTo} />
            </>
          )}
        </Text>
      )}
    </>
  );
}

function Actions({ environment, refusedToDelete, onDelete }: { environment: Environment } & Options) {
  const params = { endpointId: environment.endpoint_id, environmentId: environment.id };
  const isRefused = refusedToDelete !== false;
  return (
    <Menu position="bottom-end" width={220} withinPortal>
      <Menu.Target>
        <ActionIcon aria-label={`Actions of ${environment.name}`}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <MenuLink
          to="/endpoints/$endpointId/environments/$environmentId/install"
          params={params}
          leftSection={<IconCode size={16} />}
        >
          Install
        </MenuLink>
        <MenuLink
          to="/endpoints/$endpointId/environments/$environmentId/deployments"
          params={params}
          leftSection={<IconRocket size={16} />}
        >
          Deploy
        </MenuLink>
        <MenuLink
          to="/endpoints/$endpointId/environments/$environmentId/settings"
          params={params}
          leftSection={<IconSettings size={16} />}
        >
          Settings
        </MenuLink>
        <Menu.Divider />
        <Menu.Item
          c={isRefused ? undefined : "var(--mantine-color-error)"}
          leftSection={<IconTrash size={16} />}
          aria-disabled={isRefused || undefined}
          closeMenuOnClick={!isRefused}
          onClick={() => {
            if (!isRefused) onDelete(environment);
          }}
        >
          Delete…
          {isRefused && (
            <Text size="xs" c="dimmed">
              {refusedToDelete}
            </Text>
          )}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
