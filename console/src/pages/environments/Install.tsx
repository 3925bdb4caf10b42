import { EmptyState } from "@/components/EmptyState";
import { Section } from "@/components/Page";

export function Install() {
  return (
    <Section title="Install">
      <EmptyState title="Install">Code that sends an event.</EmptyState>
    </Section>
  );
}
