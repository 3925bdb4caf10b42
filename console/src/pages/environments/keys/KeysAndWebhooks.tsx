import { Stack } from "@mantine/core";

import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";
import { Webhooks } from "@/pages/environments/keys/Webhooks";
import { WriteKeys } from "@/pages/environments/keys/WriteKeys";

/** Who may send to an environment: write keys, and webhooks with their secrets. */
export function KeysAndWebhooks() {
  return (
    <EnvironmentFrame title="Keys and webhooks">
      {(environment) => (
        <Stack gap="xl">
          <WriteKeys environment={environment} />
          <Webhooks environment={environment} />
        </Stack>
      )}
    </EnvironmentFrame>
  );
}
