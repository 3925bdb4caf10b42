import { Box, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useState } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { useMe, useRefusal } from "@/auth/me";
import { Loaded } from "@/components/Loaded";
import { Section } from "@/components/Page";
import { PlanMeter } from "@/components/PlanMeter";
import { ByEndpoint } from "@/pages/organisation/ByEndpoint";
import { ChangePlan } from "@/pages/organisation/ChangePlan";
import { RenameOrganisation } from "@/pages/organisation/RenameOrganisation";

/** What of the plan is used this month, and what the plan is. */
export function UsageAndPlan() {
  const query = api.useQuery("get", "/v1/organisation");
  const [changing, setChanging] = useState<"plan" | "name" | null>(null);
  const refused = useRefusal("admin");
  const { data: me } = useMe();
  const isRefused = refused !== false;
  const isOperator = me?.operator === true;
  return (
    <Section
      tab
      title="Usage and plan"
      lead="This calendar month, in UTC. Counts are updated every ten seconds."
      actions={
        <>
          <Button
            variant="default"
            leftSection={<IconPencil size={16} />}
            disabled={isRefused}
            title={refused || undefined}
            onClick={() => setChanging("name")}
          >
            Rename organisation
          </Button>
          <Button
            variant="default"
            disabled={!isOperator}
            title={isOperator ? undefined : "The deployment’s operator sets the plan."}
            onClick={() => setChanging("plan")}
          >
            Change plan
          </Button>
        </>
      }
    >
      <Loaded query={query} failed="The organisation could not be loaded">
        {(organisation) => (
          <Stack>
            <PlanMeter limits={organisation.limits} meters={["requests", "bytes", "endpoints"]} />
            <PlanMeter
              limits={organisation.limits}
              meters={["environments", "streams", "domains", "secrets", "certificates", "changes"]}
            />
            <PlanFacts plan={organisation.plan} />
            <ByEndpoint />
            <ChangePlan organisation={organisation} opened={changing === "plan"} onClose={() => setChanging(null)} />
            <RenameOrganisation
              organisation={organisation}
              opened={changing === "name"}
              onClose={() => setChanging(null)}
            />
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}

/** What the meters do not say of the plan. */
function PlanFacts({ plan }: { plan: Model<"Plan"> }) {
  const facts = [
    ["Plan", plan.name],
    [
      "Beyond a monthly limit",
      plan.over_limit === "accept" ? "Events are accepted and counted" : "Requests are answered 402",
    ],
  ];
  return (
    <Paper>
      <Group component="dl" align="flex-start" gap="md" m={0}>
        {facts.map(([name, value]) => (
          <Box key={name} flex="1 1 160px">
            <Text component="dt" size="sm" c="dimmed">
              {name}
            </Text>
            <Text component="dd" m={0} fw={600}>
              {value}
            </Text>
          </Box>
        ))}
      </Group>
    </Paper>
  );
}
