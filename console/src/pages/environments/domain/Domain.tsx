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
import { DomainForm } from "@/pages/environments/domain/DomainForm";
import { DomainRecords } from "@/pages/environments/domain/DomainRecords";
import { DomainSteps } from "@/pages/environments/domain/DomainSteps";
import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";

const UNSETTLED_POLL_MS = 3_000;
const STATUS = {
  pending_proof: "yellow",
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
  // Once begun, the form stays while the domain is read again, whatever comes of that.
  const [isFirst, setFirst] = useState(false);
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
  if (isNone && !isFirst && !query.isFetching) setFirst(true);
  if (isNone || isFirst) return <DomainForm environment={environment} onDone={() => setFirst(false)} />;
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
  const check = api.useMutation("post", "/v1/environments/{environment_id}/custom-domain/check");
  const { certificate } = domain;
  const waits = domain.status === "pending_proof" || domain.status === "pending_validation";
  const gone = domain.status === "deleting" ? "It is being removed." : undefined;
  return (
    <Stack>
      <Group>
        <CopyField value={domain.address} label="Copy the address" />
        <Badge variant="light" color={STATUS[domain.status]}>
          {domain.status.replace("_", " ")}
        </Badge>
      </Group>
      {domain.status !== "deleting" && <DomainSteps domain={domain} />}
      {domain.status_reason !== null && (
        <Alert color={domain.status === "failed" ? "red" : "blue"}>{domain.status_reason}</Alert>
      )}
      {domain.warning !== null && (
        <Alert color="yellow" title="The certificate expires soon">
          {domain.warning}
        </Alert>
      )}
      {domain.proof === "off" && (
        <Alert color="blue" title="Not proven">
          This deployment asked for no proof that the domain is yours (DOMAIN_PROOF=off).
        </Alert>
      )}
      {certificate.kind === "imported" && certificate.publicly_trusted === false && (
        <Alert color="yellow" title="Browsers don’t trust this certificate">
          Over HTTPS they refuse to connect with it. Use a certificate from a public authority, or have one issued.
        </Alert>
      )}
      <DomainRecords domain={domain} />
      {waits && (
        <Group>
          <ActionButton
            variant="default"
            refused={refused}
            loading={check.isPending}
            onClick={() => check.mutate({ params: { path: { environment_id: environment.id } } })}
          >
            Check now
          </ActionButton>
          <Text size="sm" c="dimmed">
            {domain.checked_at === null ? (
              "Checked automatically, every minute at first."
            ) : (
              <>
                Last checked <RelativeTime at={domain.checked_at} />. DNS servers may take up to an hour to show a new
                record.
              </>
            )}
          </Text>
        </Group>
      )}
      <Paper>
        <Text fw={600} mb="xs">
          Certificate
        </Text>
        <Table variant="vertical" withRowBorders={false}>
          <Table.Tbody>
            <Fact name="Kind">{certificate.kind === "managed" ? "issued for you" : "imported by you"}</Fact>
            <Fact name="Issuer">{certificate.issuer ?? "–"}</Fact>
            <Fact name="Names">{certificate.sans.join(", ") || "–"}</Fact>
            <Fact name="Expires">
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
        <Text>Events sent to {domain.domain} are lost from then on. The environment’s own address stays in use.</Text>
        <RecordsToRemove domain={domain} />
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

function RecordsToRemove({ domain }: { domain: CustomDomain }) {
  const byHand = domain.dns_records.filter(({ automatic }) => !automatic);
  if (byHand.length === 0) return null;
  return (
    <>
      <Text mt="sm">First remove these records at your DNS provider, so that the domain no longer leads here:</Text>
      <ul>
        {byHand.map(({ type, name, purpose }) => (
          <li key={`${type} ${name} ${purpose}`}>
            {type} <span className="mono">{name}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
