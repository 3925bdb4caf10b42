import { Button, Group } from "@mantine/core";
import { IconUserOff } from "@tabler/icons-react";

import type { Failure } from "@/api/problem";
import { session } from "@/auth/session";
import { EmptyState } from "@/components/EmptyState";

/** Shown in place of every page to somebody whom no organisation, or not the chosen one, has as a member. */
export function NoMember({ failure, onRetry }: { failure: Failure; onRetry: () => void }) {
  const leave = () => {
    session.choose(null);
    location.assign("/");
  };
  return (
    <EmptyState
      icon={<IconUserOff size={40} />}
      title="You are no member here"
      action={
        <Group gap="xs" justify="center">
          {session.organisation() !== null && <Button onClick={leave}>Go to your first organisation</Button>}
          <Button variant="default" onClick={onRetry}>
            Try again
          </Button>
        </Group>
      }
    >
      {failure.message}
    </EmptyState>
  );
}
