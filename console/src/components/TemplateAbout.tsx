import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { DocsPageLink } from "@/components/DocsLink";

/** The template of a name, once the list is there. */
export function useTemplate(name: string | undefined): Model<"Template"> | undefined {
  return useQuery({ ...lists.templates(), enabled: name !== undefined }).data?.find((row) => row.name === name);
}

/** Which sender a template fits, and where to read more. */
export function TemplateAbout({ template }: { template: Model<"Template"> }) {
  return (
    <Text size="sm">
      {template.about} <DocsPageLink file={template.page}>Read the docs</DocsPageLink>
    </Text>
  );
}
