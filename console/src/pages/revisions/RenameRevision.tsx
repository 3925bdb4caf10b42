import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { RenameForm } from "@/components/RenameForm";
import { toasts } from "@/components/toasts";

/** The one change that a finalised revision takes, too. */
export function RenameRevision({ revision, onClose }: { revision: Model<"Revision"> | null; onClose: () => void }) {
  const rename = api.useMutation("patch", "/v1/revisions/{revision_id}", {
    meta: { showsFailures: true },
    onSuccess: (renamed) => {
      toasts.done(`Revision renamed to “${renamed.name}”.`);
      onClose();
    },
  });
  return (
    <RenameForm
      what="revision"
      name={revision?.name ?? null}
      onClose={() => {
        rename.reset();
        onClose();
      }}
      busy={rename.isPending}
      error={rename.error}
      onRename={(name) => {
        if (revision !== null) rename.mutate({ params: { path: { revision_id: revision.id } }, body: { name } });
      }}
    />
  );
}
