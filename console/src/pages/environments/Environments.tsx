import { EmptyState } from "@/components/EmptyState";
import { Section } from "@/components/Page";

export function Environments() {
  return (
    <Section title="Environments">
      <EmptyState title="Environments">Where revisions run.</EmptyState>
    </Section>
  );
}
