import { EmptyState } from "@/components/EmptyState";
import { Section } from "@/components/Page";

export function Designer() {
  return (
    <Section title="Designer">
      <EmptyState title="Designer">The tree of data maps.</EmptyState>
    </Section>
  );
}
