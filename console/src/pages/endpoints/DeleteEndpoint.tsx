import { useQuery } from "@tanstack/react-query";

import { api } from "@/api/client";
import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { ConfirmByName } from "@/components/ConfirmByName";
import { DocsLink } from "@/components/DocsLink";
import { toasts } from "@/components/toasts";
import { counted } from "@/text/units";

export function DeleteEndpoint({ endpoint, onClose }: { endpoint: Model<"Endpoint"> | null; onClose: () => void }) {
  const environments = useQuery({ ...lists.environments(endpoint?.id ?? ""), enabled: endpoint !== null });
  const remove = api.useMutation("delete", "/v1/endpoints/{endpoint_id}", {
    onSuccess: () => {
      toasts.done(`Endpoint “${endpoint?.name ?? ""}” deleted.`);
      onClose();
    },
  });
  const count = environments.data?.length ?? 0;
  const domains = (environments.data ?? []).flatMap(({ custom_domain }) => custom_domain ?? []);
  return (
    <ConfirmByName
      opened={endpoint !== null}
      onClose={onClose}
      title="Delete endpoint"
      name={endpoint?.name ?? ""}
      busy={remove.isPending}
      onConfirm={() => {
        if (endpoint === null) return;
        const params = { path: { endpoint_id: endpoint.id }, query: { confirm: endpoint.name } };
        remove.mutate({ params });
      }}
    >
      {count === 0 ? "Its revisions go with it." : `Its revisions and ${counted(count, "environment")} go with it: `}
      {count === 0 ? " " : "their addresses answer 410 from this moment on, and events sent there are lost to you. "}
      Data that was delivered stays where it is. This can’t be undone. <DocsLink word="Delete environment" />
      {domains.length > 0 &&
        ` First remove the DNS records of ${domains.join(", ")} that the domain’s page shows, so that no domain leads here any more.`}
    </ConfirmByName>
  );
}
