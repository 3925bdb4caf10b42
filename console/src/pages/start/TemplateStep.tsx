import { Button, Group, Stack } from "@mantine/core";

import { faultsAt, FormFailure } from "@/components/FormFailure";
import { TemplateAbout, useTemplate } from "@/components/TemplateAbout";
import { TemplateSelect, type TemplateName } from "@/components/TemplateSelect";
import { EndpointName } from "@/pages/start/EndpointName";
import type { SourceProps } from "@/pages/start/source_props";

interface Props extends SourceProps {
  template: TemplateName | null;
  onTemplate: (template: TemplateName | null) => void;
}

/** Makes an endpoint and a draft out of a name and a template. */
export function TemplateStep({ name, onName, template, onTemplate, busy, error, onSource }: Props) {
  const chosen = useTemplate(template ?? undefined);
  const { atFields, left } = faultsAt(error, ["name", "template"]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (template !== null) onSource({ template });
      }}
    >
      <Stack>
        <EndpointName value={name} error={atFields.get("name")} onChange={onName} />
        <TemplateSelect value={template} error={atFields.get("template")} onChange={onTemplate} />
        {chosen !== undefined && <TemplateAbout template={chosen} />}
        <FormFailure failure={left} />
        <Group justify="flex-end">
          <Button type="submit" loading={busy} disabled={name.trim() === "" || template === null}>
            Use this template
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
