import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { RenameForm } from "@/components/RenameForm";
import { toasts } from "@/components/toasts";

export function RenameEndpoint({ endpoint, onClose }: { endpoint: Model<"Endpoint"> | null; onClose: () => void }) {
  const rename = api.useMutation("patch", "/v1/endpoints/{endpoint_id}", {
    meta: { showsFailures: true },
    onSuccess: (renamed) => {
      toasts.done(`Endpoint renamed to “${renamed.name}”.`);
      onClose();
    },
  });
  return (
    <RenameForm
      what="endpoint"
      name={endpoint?.name ?? null}
      onClose={() => {
        rename.reset();
        onClose();
      }}
      busy={rename.isPending}
      error={rename.error}
      onRename={(name) => {
        if (endpoint !== null) rename.mutate({ params: { path: { endpoint_id: endpoint.id } }, body: { name } });
      }}
    />
  );
}
