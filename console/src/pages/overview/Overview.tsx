import { EmptyState } from "@/components/EmptyState";
import { Section } from "@/components/Page";

export function Overview() {
  return (
    <Section title="Overview">
      <EmptyState title="Overview">Totals and charts.</EmptyState>
    </Section>
  );
}
