import { EmptyState } from "@/components/EmptyState";
import { Section } from "@/components/Page";

export function Quarantine() {
  return (
    <Section title="Quarantine">
      <EmptyState title="Quarantine">Events that were refused.</EmptyState>
    </Section>
  );
}
