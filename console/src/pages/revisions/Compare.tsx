import { EmptyState } from "@/components/EmptyState";
import { Section } from "@/components/Page";

export function Compare() {
  return (
    <Section title="Compare">
      <EmptyState title="Compare">Two revisions side by side.</EmptyState>
    </Section>
  );
}
