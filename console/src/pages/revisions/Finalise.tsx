import { Button, Modal, Stack, Text } from "@mantine/core";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { FormActions } from "@/components/FormActions";
import { toasts } from "@/components/toasts";
import { TryOnTraffic } from "@/pages/revisions/trials/TryOnTraffic";

interface Props {
  revision: Model<"Revision"> | null;
  onClose: () => void;
  /** The finalised one is to be deployed. */
  onDeploy: (finalised: Model<"Revision">) => void;
}

/** Asks before a draft becomes what can never be changed again. */
export function Finalise({ revision, onClose, onDeploy }: Props) {
  const finalise = api.useMutation("post", "/v1/revisions/{revision_id}/finalise", {
    onSuccess: (finalised) => {
      toasts.done(`Revision “${finalised.name}” finalised.`);
      onClose();
    },
  });
  const start = (andThen?: Props["onDeploy"]) => {
    if (revision === null) return;
    finalise.mutate(
      { params: { path: { revision_id: revision.id }, header: { "If-Match": `"${revision.version}"` } } },
      { onSuccess: (finalised) => andThen?.(finalised) },
    );
  };
  return (
    <Modal opened={revision !== null} onClose={onClose} title={`Finalise ${revision?.name ?? ""}?`} size="lg">
      <Stack>
        <Text>
          A finalised revision can be deployed, and never changed or deleted. To change it later, clone it to a new
          revision.
        </Text>
        {revision !== null && <TryOnTraffic revision={revision} onLeave={onClose} />}
        <FormActions onCancel={onClose}>
          <Button variant="default" loading={finalise.isPending} onClick={() => start(onDeploy)}>
            Finalise and deploy…
          </Button>
          <Button data-autofocus loading={finalise.isPending} onClick={() => start()}>
            Finalise
          </Button>
        </FormActions>
      </Stack>
    </Modal>
  );
}
