import { Button, Group, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { client } from "@/api/client";
import { firstRevision } from "@/api/first_revision";
import { faultsAt, FormFailure } from "@/components/FormFailure";
import { TemplateAbout, useTemplate } from "@/components/TemplateAbout";
import { TemplateSelect, type TemplateName } from "@/components/TemplateSelect";
import type { Begun } from "@/pages/start/begun";
import { EndpointName } from "@/pages/start/EndpointName";

interface Props {
  name: string;
  onName: (name: string) => void;
  onBegun: (begun: Begun) => void;
}

/** Makes an endpoint and a draft out of a name and a template. */
export function TemplateStep({ name, onName, onBegun }: Props) {
  const navigate = useNavigate({ from: "/start" });
  const [template, setTemplate] = useState<TemplateName | null>(null);
  const chosen = useTemplate(template ?? undefined);
  const begin = useMutation({
    mutationFn: async (from: TemplateName) => {
      const { data, error } = await client.POST("/v1/endpoints", { body: { name: name.trim(), template: from } });
      if (data === undefined) throw error;
      return { endpointId: data.id, revisionId: await firstRevision(data.id), template: from };
    },
    meta: { showsFailures: true },
    onSuccess: ({ endpointId, revisionId, template }) => {
      if (revisionId === null) {
        void navigate({ to: "/endpoints/$endpointId/revisions", params: { endpointId } });
        return;
      }
      onBegun({ revisionId, template });
      void navigate({ search: { endpoint: endpointId, revision: revisionId }, replace: true });
    },
  });
  const { atFields, left } = faultsAt(begin.error, ["name", "template"]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (template !== null) begin.mutate(template);
      }}
    >
      <Stack>
        <EndpointName value={name} error={atFields.get("name")} onChange={onName} />
        <TemplateSelect value={template} error={atFields.get("template")} onChange={setTemplate} />
        {chosen !== undefined && <TemplateAbout template={chosen} />}
        <FormFailure failure={left} />
        <Group justify="flex-end">
          <Button type="submit" loading={begin.isPending} disabled={name.trim() === "" || template === null}>
            Use this template
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
