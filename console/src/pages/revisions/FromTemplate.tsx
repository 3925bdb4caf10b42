import { Alert } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";

import { TemplateAbout, useTemplate } from "@/components/TemplateAbout";

/** Says of a draft that was just made from a template what it fits, until it is closed. */
export function FromTemplate({ name }: { name: string }) {
  const navigate = useNavigate({ from: "/endpoints/$endpointId/revisions/$revisionId" });
  const template = useTemplate(name);
  if (template === undefined) return null;
  return (
    <Alert
      color="blue"
      title={`Made from the template “${template.title}”`}
      withCloseButton
      closeButtonLabel="Close"
      onClose={() =>
        void navigate({ search: (old) => ({ ...old, template: undefined }), replace: true, resetScroll: false })
      }
    >
      <TemplateAbout template={template} />
    </Alert>
  );
}
