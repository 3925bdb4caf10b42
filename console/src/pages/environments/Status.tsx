import { Alert, Badge, Group, Modal, Stack, Tooltip } from "@mantine/core";
import { useState } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { ActionButton } from "@/components/ActionButton";
import { toasts } from "@/components/toasts";
import { CheckOutcome, useDestinationCheck } from "@/pages/environments/DestinationCheck";

const STATUS = { provisioning: "yellow", active: "pine", failed: "red" };

interface Props {
  environment: Model<"Environment">;
  refusedToEdit: string | false;
  onEdit: (environment: Model<"Environment">) => void;
}

/** How far an environment is; of one that failed, why, and ways to mend it. */
export function Status({ environment, ...rest }: Props) {
  const badge = (
    <Badge
      variant="light"
      style={{ flex: "none", minWidth: "max-content" }}
      color={STATUS[environment.status]}
      tabIndex={environment.status_reason === null ? undefined : 0}
    >
      {environment.status}
    </Badge>
  );
  return (
    <Stack gap={4} align="flex-start">
      {environment.status_reason === null ? (
        badge
      ) : (
        <Tooltip label={environment.status_reason} multiline maw={320}>
          {badge}
        </Tooltip>
      )}
      {environment.status === "failed" && <Remedies environment={environment} {...rest} />}
    </Stack>
  );
}

function Remedies({ environment, refusedToEdit, onEdit }: Props) {
  const [isOpened, setOpened] = useState(false);
  const check = useDestinationCheck(environment);
  const again = api.useMutation("patch", "/v1/environments/{environment_id}", {
    onSuccess: () => toasts.done(`Environment “${environment.name}” is set up again.`),
  });
  return (
    <>
      <ActionButton
        size="compact-xs"
        variant="default"
        loading={again.isPending}
        refused={refusedToEdit}
        onClick={() => again.mutate({ params: { path: { environment_id: environment.id } }, body: {} })}
      >
        Try again
      </ActionButton>
      <ActionButton
        size="compact-xs"
        variant="default"
        refused={refusedToEdit}
        onClick={() => {
          setOpened(true);
          check.start();
        }}
      >
        Check destination
      </ActionButton>
      <Modal opened={isOpened} onClose={() => setOpened(false)} title={`Destination of ${environment.name}`} size="lg">
        <Stack>
          {environment.status_reason !== null && (
            <Alert color="red" title="It could not be set up">
              {environment.status_reason}
            </Alert>
          )}
          <CheckOutcome check={check} />
          <Group justify="flex-end">
            <ActionButton
              variant="default"
              onClick={() => {
                setOpened(false);
                onEdit(environment);
              }}
            >
              Change the environment
            </ActionButton>
            <ActionButton loading={check.isPending} onClick={check.start}>
              Try it now
            </ActionButton>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
