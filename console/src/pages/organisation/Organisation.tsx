import { Outlet } from "@tanstack/react-router";

import { api } from "@/api/client";
import { Page } from "@/components/Page";
import { Tab, Tabs } from "@/shell/Tabs";

/** The organisation's name and tabs above each of its pages. */
export function Organisation() {
  const organisation = api.useQuery("get", "/v1/organisation");
  return (
    <Page title={organisation.data?.name ?? "Organisation"}>
      <Tabs label="Organisation">
        <Tab to="/organisation" activeOptions={{ exact: true }}>
          Usage and plan
        </Tab>
        <Tab to="/organisation/members">Members</Tab>
        <Tab to="/organisation/tokens">Tokens</Tab>
        <Tab to="/organisation/audit" activeOptions={{ includeSearch: false }}>
          Audit log
        </Tab>
      </Tabs>
      <Outlet />
    </Page>
  );
}
