import { Badge, Paper, Table, Text } from "@mantine/core";

import type { Model } from "@/api/types";
import { CopyField } from "@/components/Copy";

const PURPOSE = {
  proof: "Proves that the domain is yours",
  routing: "Leads events here",
  validation: "Has the certificate issued and renewed: keep it",
};

/** The DNS records of a domain, as a provider's form asks for them. */
export function DomainRecords({ domain }: { domain: Model<"CustomDomain"> }) {
  const records = domain.dns_records;
  if (records.length === 0) return null;
  const isByHand = records.some(({ automatic }) => !automatic);
  return (
    <Paper>
      <Text fw={600}>DNS records</Text>
      <Text size="sm" c="dimmed" mb="xs">
        {isByHand ? "Add these records at your DNS provider." : "These are set for you."}
      </Text>
      <Table.ScrollContainer minWidth={560}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={90}>Type</Table.Th>
              <Table.Th>Name</Table.Th>
              <Table.Th>Value</Table.Th>
              <Table.Th>Purpose</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {records.map((record) => (
              <Table.Tr key={`${record.name} ${record.type} ${record.purpose}`}>
                <Table.Td>{record.type}</Table.Td>
                <Table.Td maw={240}>
                  <CopyField value={record.name} label="Copy the record’s name" />
                </Table.Td>
                <Table.Td maw={280}>
                  <CopyField value={record.value} label="Copy the record’s value" />
                </Table.Td>
                <Table.Td>
                  {PURPOSE[record.purpose]}
                  {isByHand && record.automatic && (
                    <Badge ml="xs" variant="light" color="gray">
                      set for you
                    </Badge>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}
