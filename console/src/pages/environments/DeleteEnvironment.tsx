import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { ConfirmByName } from "@/components/ConfirmByName";
import { toasts } from "@/components/toasts";

interface Props {
  environment: Model<"Environment"> | null;
  onClose: () => void;
}

export function DeleteEnvironment({ environment, onClose }: Props) {
  const remove = api.useMutation("delete", "/v1/environments/{environment_id}", {
    onSuccess: () => {
      toasts.done(`Environment “${environment?.name ?? ""}” deleted.`);
      onClose();
    },
  });
  return (
    <ConfirmByName
      opened={environment !== null}
      onClose={onClose}
      title="Delete environment"
      name={environment?.name ?? ""}
      busy={remove.isPending}
      onConfirm={() => {
        if (environment === null) return;
        const params = { path: { environment_id: environment.id }, query: { confirm: environment.name } };
        remove.mutate({ params });
      }}
    >
      Its address {environment?.custom_domain != null && `and ${environment.custom_domain} `}
      answers 410 within seconds, and events sent there from then on are lost to you. What was taken is still delivered,
      and delivered data stays where it is. This can’t be undone.
    </ConfirmByName>
  );
}
