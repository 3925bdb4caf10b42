import { EmptyState } from "@/components/EmptyState";
import { Section } from "@/components/Page";

export function Domain() {
  return (
    <Section title="Domain">
      <EmptyState title="Domain">A domain of your own.</EmptyState>
    </Section>
  );
}
