import { Alert, Group, Text } from "@mantine/core";

import type { Model } from "@/api/types";
import { LinkButton } from "@/components/LinkButton";

/** The way back to the first steps, which led here. */
export function Led({ revision, blocked }: { revision: Model<"Revision">; blocked: boolean }) {
  const isDraft = revision.state === "draft";
  return (
    <Alert color="pine" title="Your first steps wait for this">
      <Group justify="space-between" gap="sm">
        <Text size="sm">
          {blocked
            ? "Save what you changed, then go on."
            : isDraft
              ? "Go back once the fields are as you want them: what is saved is there."
              : "It is finalised: next, it gets an address."}
        </Text>
        <LinkButton size="xs" variant={blocked ? "default" : "filled"} to="/start" search={{ revision: revision.id }}>
          Back to the first steps
        </LinkButton>
      </Group>
    </Alert>
  );
}
