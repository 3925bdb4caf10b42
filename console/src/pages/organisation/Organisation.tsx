import { EmptyState } from "@/components/EmptyState";
import { Section } from "@/components/Page";

export function Organisation() {
  return (
    <Section title="Organisation">
      <EmptyState title="Organisation">Usage, members, tokens, audit.</EmptyState>
    </Section>
  );
}
