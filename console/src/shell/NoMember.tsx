import { Button, Group, Stack } from "@mantine/core";
import { IconBuilding, IconUserOff } from "@tabler/icons-react";

import { api } from "@/api/client";
import type { Failure } from "@/api/problem";
import { session } from "@/auth/session";
import { EmptyState } from "@/components/EmptyState";

/** Shown in place of every page to a person of several organisations, or of none, or not of the chosen one. */
export function NoMember({ failure, onRetry }: { failure: Failure; onRetry: () => void }) {
  const { data } = api.useQuery("get", "/v1/memberships");
  const memberships = data?.items ?? [];
  const choose = (organisationId: string) => {
    session.choose(organisationId);
    location.assign("/");
  };
  const isChoice = failure.code === "choose_organisation";
  return (
    <EmptyState
      icon={isChoice ? <IconBuilding size={40} /> : <IconUserOff size={40} />}
      title={isChoice ? "Choose an organisation" : "You are no member here"}
      action={
        <Stack gap="sm" align="center">
          {memberships.map(({ id, name, role }) => (
            <Button key={id} onClick={() => choose(id)}>
              {name} ({role})
            </Button>
          ))}
          {!isChoice && (
            <Group gap="xs" justify="center">
              <Button variant="default" onClick={onRetry}>
                Try again
              </Button>
            </Group>
          )}
        </Stack>
      }
    >
      {isChoice ? "You are a member of several organisations." : failure.message}
    </EmptyState>
  );
}
