import { Button, Group, Menu, Paper, Stack, Text, Title } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { FAULTS } from "@/api/fault_codes";
import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { TextLink } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { Reasons } from "@/pages/overview/Reasons";
import { oneOf } from "@/state/search";
import { counted } from "@/text/units";
import { daysOf } from "@/time/periods";

const MOST = 8;

interface Props<Err> {
  codes: UseQueryResult<Model<"UsageCodes">, Err>;
  endpointId: string;
  environments: Model<"Environment">[];
  revision: string | undefined;
  range: { from: number; to: number };
}

/** Why events were refused, the most frequent code first; each leads to the events in quarantine. */
export function Codes<Err>({ codes, endpointId, environments, revision, range }: Props<Err>) {
  return (
    <Paper h="100%">
      <Stack>
        <Title order={3}>Why events were refused</Title>
        <Loaded query={codes} failed="The codes could not be loaded">
          {({ codes: rows }) =>
            rows.length === 0 ? (
              <Text c="dimmed">Nothing was refused in this period.</Text>
            ) : (
              <Stack gap={8}>
                <Reasons endpointId={endpointId} environments={environments} revision={revision} range={range} />
                <Text size="xs" c="dimmed" mt={4}>
                  By code, those that are not kept in quarantine included
                </Text>
                {rows.slice(0, MOST).map((row) => (
                  <Group key={row.code} gap="sm" wrap="nowrap">
                    <Text className="mono ellipsis" flex={1}>
                      {row.code}
                    </Text>
                    <Text fw={600} miw={56} ta="end" component="div">
                      <Amount value={row.count} />
                    </Text>
                    <ToQuarantine code={row.code} endpointId={endpointId} environments={environments} range={range} />
                  </Group>
                ))}
                {rows.length > MOST && (
                  <Text size="sm" c="dimmed">
                    and {counted(rows.length - MOST, "more code")}, each less frequent
                  </Text>
                )}
              </Stack>
            )
          }
        </Loaded>
      </Stack>
    </Paper>
  );
}

type LinkProps = Omit<Props<unknown>, "codes" | "revision"> & { code: string };

/** Quarantine is an environment's own: the one that is filtered by, the only one, or one of a menu. */
function ToQuarantine({ code, endpointId, environments, range }: LinkProps) {
  const { environment } = useSearch({ from: "/app/endpoints/$endpointId/" });
  const navigate = useNavigate();
  const to = "/endpoints/$endpointId/environments/$environmentId/quarantine";
  const search = { code: oneOf(code, FAULTS), ...daysOf(range) };
  const only = environment ?? (environments.length === 1 ? environments[0]?.id : undefined);
  if (only !== undefined) {
    return (
      <TextLink to={to} params={{ endpointId, environmentId: only }} search={search} size="sm">
        Look into them
      </TextLink>
    );
  }
  return (
    <Menu>
      <Menu.Target>
        <Button variant="subtle" size="compact-sm" fw={400} rightSection={<IconChevronDown size={14} />}>
          Look into them
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {environments.map((row) => (
          <Menu.Item
            key={row.id}
            onClick={() => void navigate({ to, params: { endpointId, environmentId: row.id }, search })}
          >
            {row.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
