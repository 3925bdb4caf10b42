import { Button, Modal, Stack, Text } from "@mantine/core";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { FormActions } from "@/components/FormActions";
import { toasts } from "@/components/toasts";

/** Asks before a draft becomes what can never be changed again. */
export function Finalise({ revision, onClose }: { revision: Model<"Revision"> | null; onClose: () => void }) {
  const finalise = api.useMutation("post", "/v1/revisions/{revision_id}/finalise", {
    onSuccess: (finalised) => {
      toasts.done(`Revision “${finalised.name}” finalised.`);
      onClose();
    },
  });
  return (
    <Modal opened={revision !== null} onClose={onClose} title={`Finalise ${revision?.name ?? ""}?`}>
      <Stack>
        <Text>
          From then on it can be deployed, and never changed or deleted: what events were checked against can be looked
          up for ever. A change is a new revision, cloned from this one.
        </Text>
        <FormActions onCancel={onClose}>
          <Button
            data-autofocus
            loading={finalise.isPending}
            onClick={() => {
              if (revision !== null) {
                finalise.mutate({
                  params: { path: { revision_id: revision.id }, header: { "If-Match": `"${revision.version}"` } },
                });
              }
            }}
          >
            Finalise
          </Button>
        </FormActions>
      </Stack>
    </Modal>
  );
}
