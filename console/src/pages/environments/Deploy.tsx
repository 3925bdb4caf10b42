import { EmptyState } from "@/components/EmptyState";
import { Section } from "@/components/Page";

export function Deploy() {
  return (
    <Section title="Deploy">
      <EmptyState title="Deploy">Deploy a revision or roll back.</EmptyState>
    </Section>
  );
}
