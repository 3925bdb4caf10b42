import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { RenameForm } from "@/components/RenameForm";
import { toasts } from "@/components/toasts";

interface Props {
  organisation: Model<"Organisation">;
  opened: boolean;
  onClose: () => void;
}

export function RenameOrganisation({ organisation, opened, onClose }: Props) {
  const rename = api.useMutation("patch", "/v1/organisation", {
    meta: { showsFailures: true },
    onSuccess: (renamed) => {
      toasts.done(`Organisation renamed to “${renamed.name}”.`);
      onClose();
    },
  });
  return (
    <RenameForm
      what="organisation"
      name={opened ? organisation.name : null}
      onClose={() => {
        rename.reset();
        onClose();
      }}
      busy={rename.isPending}
      error={rename.error}
      onRename={(name) => rename.mutate({ body: { name } })}
    />
  );
}
