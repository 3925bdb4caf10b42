import { Alert, Badge, Group, Paper, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";

import { api } from "@/api/client";
import { failureFrom } from "@/api/problem";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { ConfirmByName } from "@/components/ConfirmByName";
import { CopyField } from "@/components/Copy";
import { LinesSkeleton, Loaded } from "@/components/Loaded";
import { RelativeTime } from "@/components/RelativeTime";
import { toasts } from "@/components/toasts";
import { DomainForm } from "@/pages/environments/DomainForm";
import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";

const UNSETTLED_POLL_MS = 3_000;
const STATUS = {
  provisioning: "yellow",
  pending_validation: "yellow",
  active: "pine",
  failed: "red",
  deleting: "gray",
};

type CustomDomain = Model<"CustomDomain">;

/** An environment's own domain: its certificate, the DNS records to set, and how far it is. */
export function Domain() {
  return <EnvironmentFrame title="Domain">{(environment) => <DomainOf environment={environment} />}</EnvironmentFrame>;
}

function DomainOf({ environment }: { environment: Model<"Environment"> }) {
  const [isReplacing, setReplacing] = useState(false);
  const query = api.useQuery(
    "get",
    "/v1/environments/{environment_id}/custom-domain",
    { params: { path: { environment_id: environment.id } } },
    {
      retry: false,
      refetchInterval: ({ state }) =>
        state.data !== undefined && state.data.status !== "active" && state.data.status !== "failed"
          ? UNSETTLED_POLL_MS
          : false,
    },
  );
  const isNone = query.isError && failureFrom(query.error).status === 404;
  if (isNone) return <DomainForm environment={environment} onDone={() => undefined} />;
  return (
    <Loaded query={query} skeleton={<LinesSkeleton lines={6} />} failed="The domain could not be loaded">
      {(domain) => (
        <Stack gap="lg">
          <Shown environment={environment} domain={domain} onReplace={() => setReplacing(true)} />
          {isReplacing && <DomainForm environment={environment} former={domain} onDone={() => setReplacing(false)} />}
        </Stack>
      )}
    </Loaded>
  );
}

interface ShownProps {
  environment: Model<"Environment">;
  domain: CustomDomain;
  onReplace: () => void;
}

function Shown({ environment, domain, onReplace }: ShownProps) {
  const [isRemoving, setRemoving] = useState(false);
  const refused = useRefusal("admin");
  const remove = api.useMutation("delete", "/v1/environments/{environment_id}/custom-domain", {
    onSuccess: () => {
      toasts.done(`${domain.domain} is taken down.`);
      setRemoving(false);
    },
  });
  const { certificate } = domain;
  const gone = domain.status === "deleting" ? "It is being removed." : undefined;
  return (
    <Stack>
      <Group>
        <CopyField value={domain.address} label="Copy the address" />
        <Badge variant="light" color={STATUS[domain.status]}>
          {domain.status.replace("_", " ")}
        </Badge>
      </Group>
      {domain.status_reason !== null && (
        <Alert color={domain.status === "failed" ? "red" : "blue"}>{domain.status_reason}</Alert>
      )}
      {domain.warning !== null && (
        <Alert color="yellow" title="The certificate runs out soon">
          {domain.warning}
        </Alert>
      )}
      <Records domain={domain} />
      <Paper>
        <Text fw={600} mb="xs">
          Certificate
        </Text>
        <Table variant="vertical" withRowBorders={false}>
          <Table.Tbody>
            <Fact name="Kind">{certificate.kind === "managed" ? "issued for you" : "brought by you"}</Fact>
            <Fact name="Issuer">{certificate.issuer ?? "–"}</Fact>
            <Fact name="Names">{certificate.sans.join(", ") || "–"}</Fact>
            <Fact name="Browsers">
              {certificate.publicly_trusted === null
                ? "–"
                : certificate.publicly_trusted
                  ? "trust it"
                  : "don’t trust it"}
            </Fact>
            <Fact name="Runs out">
              <RelativeTime at={certificate.expires_at} none="–" />
            </Fact>
            <Fact name="SHA-256">
              <span className="mono" style={{ overflowWrap: "anywhere" }}>
                {certificate.fingerprint_sha256 ?? "–"}
              </span>
            </Fact>
          </Table.Tbody>
        </Table>
      </Paper>
      <Group>
        <ActionButton variant="default" refused={gone ?? refused} onClick={onReplace}>
          {domain.status === "failed" ? "Set it again" : "Replace the certificate"}
        </ActionButton>
        <ActionButton color="red" variant="light" refused={gone ?? refused} onClick={() => setRemoving(true)}>
          Remove the domain
        </ActionButton>
      </Group>
      <ConfirmByName
        opened={isRemoving}
        onClose={() => setRemoving(false)}
        title="Remove domain"
        name={domain.domain}
        busy={remove.isPending}
        onConfirm={() =>
          remove.mutate({ params: { path: { environment_id: environment.id }, query: { confirm: domain.domain } } })
        }
      >
        Events sent to it are not taken from then on. The environment’s own address goes on.
      </ConfirmByName>
    </Stack>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <Table.Tr>
      <Table.Th w={120}>{name}</Table.Th>
      <Table.Td>{children}</Table.Td>
    </Table.Tr>
  );
}

function Records({ domain }: { domain: CustomDomain }) {
  if (domain.dns_records.length === 0) return null;
  const isByHand = domain.dns_records.some(({ automatic }) => !automatic);
  return (
    <Paper>
      <Text fw={600}>DNS records</Text>
      <Text size="sm" c="dimmed" mb="xs">
        {isByHand ? "Set these where the domain is administered." : "These are set for you."}
      </Text>
      <Stack gap="sm">
        {domain.dns_records.map((record) => (
          <div key={`${record.name} ${record.type} ${record.purpose}`}>
            <Text size="xs" c="dimmed">
              {record.purpose === "validation" ? "Proves that the domain is yours" : "Leads the domain here"} (
              {record.type})
            </Text>
            <CopyField value={record.name} label="Copy the record’s name" />
            <CopyField value={record.value} label="Copy the record’s value" />
          </div>
        ))}
      </Stack>
    </Paper>
  );
}
