import { Badge, Stack, Text, Title } from "@mantine/core";

import type { Model } from "@/api/types";
import { CopyField } from "@/components/Copy";
import { DataTable, type Column } from "@/components/DataTable";

const PURPOSE = {
  proof: "Proves that the domain is yours",
  routing: "Leads events here",
  validation: "Has the certificate issued and renewed: keep it",
};

type DnsRecord = Model<"CustomDomain">["dns_records"][number];

/** The DNS records of a domain, as a provider's form asks for them. */
export function DomainRecords({ domain }: { domain: Model<"CustomDomain"> }) {
  const records = domain.dns_records;
  if (records.length === 0) return null;
  const isByHand = records.some(({ automatic }) => !automatic);
  return (
    <Stack gap="xs" component="section" aria-label="DNS records">
      <div>
        <Title order={3}>DNS records</Title>
        <Text size="sm" c="dimmed">
          {isByHand ? "Add these records at your DNS provider." : "These are set for you."}
        </Text>
      </div>
      <DataTable
        label="DNS records"
        columns={columnsOf(isByHand)}
        rows={records}
        rowKey={({ name, type, purpose }) => `${name} ${type} ${purpose}`}
      />
    </Stack>
  );
}

function columnsOf(isByHand: boolean): Column<DnsRecord>[] {
  return [
    { id: "type", title: "Type", kind: "name", render: ({ type }) => type },
    { id: "name", title: "Name", render: ({ name }) => <CopyField value={name} label="Copy the record’s name" /> },
    { id: "value", title: "Value", render: ({ value }) => <CopyField value={value} label="Copy the record’s value" /> },
    {
      id: "purpose",
      title: "Purpose",
      render: ({ purpose, automatic }) => (
        <Text size="sm">
          {PURPOSE[purpose]}
          {isByHand && automatic && (
            <Badge ml="xs" variant="light" color="gray">
              set for you
            </Badge>
          )}
        </Text>
      ),
    },
  ];
}
