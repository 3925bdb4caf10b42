import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { ConfirmByName } from "@/components/ConfirmByName";
import { toasts } from "@/components/toasts";
import { forgetKept } from "@/pages/revisions/kept";

/** Deletes a draft; a finalised revision can't be. */
export function DeleteRevision({ revision, onClose }: { revision: Model<"Revision"> | null; onClose: () => void }) {
  const remove = api.useMutation("delete", "/v1/revisions/{revision_id}", {
    onSuccess: () => {
      if (revision !== null) forgetKept(revision.id);
      toasts.done(`Revision “${revision?.name ?? ""}” deleted.`);
      onClose();
    },
  });
  return (
    <ConfirmByName
      opened={revision !== null}
      onClose={onClose}
      title="Delete revision"
      name={revision?.name ?? ""}
      busy={remove.isPending}
      onConfirm={() => {
        if (revision === null) return;
        remove.mutate({ params: { path: { revision_id: revision.id }, query: { confirm: revision.name } } });
      }}
    >
      The draft and its fields go. Nothing that runs depends on it. This can’t be undone.
    </ConfirmByName>
  );
}
