import { Box, Group, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";

import { DocsLink } from "@/components/DocsLink";
import { isDocsWord } from "@/text/docs_pages";

interface Props {
  title: string;
  /** One sentence below the title. */
  lead?: ReactNode;
  /** Buttons at the top right. */
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame of a page's content: one heading, what can be done, and what there is. */
export function Page({ title, lead, actions, children }: Props) {
  useDocumentTitle(`${title} · ingest-endpoints`);
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-start" gap="md">
        <Box flex={1} miw={{ base: "100%", xs: 200 }}>
          <Title order={1}>{title}</Title>
          {lead !== undefined && (
            <Text c="dimmed" mt={4} component="div">
              {lead}
            </Text>
          )}
        </Box>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}

interface SectionProps extends Props {
  /** The tab above shows the title already: here it is only told to people who listen. */
  tab?: boolean;
}

/** The same below the tabs of an endpoint, which has the first heading. */
export function Section({ title, lead, actions, children, tab = false }: SectionProps) {
  const isExplained = tab && isDocsWord(title);
  const isEmpty = tab && lead === undefined && actions === undefined && !isExplained;
  return (
    <Stack gap="md" component="section">
      {tab && (
        <Title order={2} className="said">
          {title}
        </Title>
      )}
      {!isEmpty && (
        <Group justify="space-between" align={tab ? "center" : "flex-start"} gap="md">
          <Box flex={1} miw={{ base: "100%", xs: 200 }}>
            {!tab && <Title order={2}>{title}</Title>}
            {(lead !== undefined || isExplained) && (
              <Text c="dimmed" size="sm" component="div">
                {lead} {isExplained && <DocsLink word={title} />}
              </Text>
            )}
          </Box>
          {actions !== undefined && <Group gap="xs">{actions}</Group>}
        </Group>
      )}
      {children}
    </Stack>
  );
}
