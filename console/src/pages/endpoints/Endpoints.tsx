import { EmptyState } from "@/components/EmptyState";
import { Section } from "@/components/Page";

export function Endpoints() {
  return (
    <Section title="Endpoints">
      <EmptyState title="Endpoints">All endpoints.</EmptyState>
    </Section>
  );
}
