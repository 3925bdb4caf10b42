import { Stack } from "@mantine/core";

import { AlertList } from "@/pages/environments/alerts/AlertList";
import { Targets } from "@/pages/environments/alerts/Targets";
import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";

/** When an environment tells that something is wrong, and whom. */
export function Alerts() {
  return (
    <EnvironmentFrame title="Alerts">
      {(environment) => (
        <Stack gap="xl">
          <AlertList environment={environment} />
          <Targets />
        </Stack>
      )}
    </EnvironmentFrame>
  );
}
