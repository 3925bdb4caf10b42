import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { ConfirmByName } from "@/components/ConfirmByName";
import { DocsLink } from "@/components/DocsLink";
import { toasts } from "@/components/toasts";
import { whatStays } from "@/pages/environments/settings/destination_form";

interface Props {
  environment: Model<"Environment"> | null;
  onClose: () => void;
  onDeleted?: () => void;
}

export function DeleteEnvironment({ environment, onClose, onDeleted }: Props) {
  const remove = api.useMutation("delete", "/v1/environments/{environment_id}", {
    onSuccess: () => {
      toasts.done(`Environment “${environment?.name ?? ""}” deleted.`);
      onClose();
      onDeleted?.();
    },
  });
  const stays = environment === null ? null : whatStays(environment.destination);
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
      will return 410 within seconds. Events sent after that are lost. Accepted events are still delivered.{" "}
      {stays !== null && `${stays} `}
      This can’t be undone. <DocsLink word="Delete environment" />
      {environment?.custom_domain != null &&
        ` First remove the DNS records of ${environment.custom_domain} that its page shows, so that it no longer leads here.`}
    </ConfirmByName>
  );
}
