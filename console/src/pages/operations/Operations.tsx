import { Button } from "@mantine/core";
import { IconPlus, IconServerCog } from "@tabler/icons-react";
import { Outlet, useMatchRoute } from "@tanstack/react-router";
import { useState } from "react";

import { useMe } from "@/auth/me";
import { EmptyState } from "@/components/EmptyState";
import { LinkButton } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { Page } from "@/components/Page";
import { NewOrganisation } from "@/pages/operations/NewOrganisation";
import { Tab, Tabs } from "@/shell/Tabs";

/** What the operator of a deployment sees of it; someone else is told who finds something here. */
export function Operations() {
  const me = useMe();
  return (
    <Loaded query={me} failed="Who you are could not be loaded">
      {({ operator }) => (operator ? <Deployment /> : <NobodysBusiness />)}
    </Loaded>
  );
}

function Deployment() {
  const isBelowQueues = useMatchRoute()({ to: "/operations/queues/$queue" }) !== false;
  const [isCreating, setIsCreating] = useState(false);
  return (
    <Page
      title="Operations"
      lead="The deployment with everything that all its organisations have in common."
      actions={
        <Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => setIsCreating(true)}>
          New organisation
        </Button>
      }
    >
      <Tabs label="Operations">
        <Tab to="/operations" activeOptions={{ exact: true }} isAbove={isBelowQueues}>
          Queues
        </Tab>
        <Tab to="/operations/set-aside" activeOptions={{ includeSearch: false }}>
          Set-aside events
        </Tab>
        <Tab to="/operations/organisations" activeOptions={{ includeSearch: false }}>
          Organisations
        </Tab>
      </Tabs>
      <Outlet />
      <NewOrganisation opened={isCreating} onClose={() => setIsCreating(false)} />
    </Page>
  );
}

function NobodysBusiness() {
  return (
    <Page title="Operations">
      <EmptyState
        icon={<IconServerCog size={40} />}
        title="For the operator of the deployment"
        action={
          <LinkButton to="/" variant="default">
            All endpoints
          </LinkButton>
        }
      >
        Only the owner of the deployment’s first organisation finds something here: its queues, what was given up there,
        and events that destinations refused.
      </EmptyState>
    </Page>
  );
}
