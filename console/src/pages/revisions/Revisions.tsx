import { EmptyState } from "@/components/EmptyState";
import { Section } from "@/components/Page";

export function Revisions() {
  return (
    <Section title="Revisions">
      <EmptyState title="Revisions">Versions of the schema.</EmptyState>
    </Section>
  );
}
