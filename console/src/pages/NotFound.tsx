import { EmptyState } from "@/components/EmptyState";
import { LinkButton } from "@/components/LinkButton";

export function NotFound() {
  return (
    <EmptyState
      icon={<img src="/icon.svg" alt="" width={40} height={40} />}
      title="There is no such page"
      action={
        <LinkButton to="/" variant="default">
          All endpoints
        </LinkButton>
      }
    >
      The address may be mistyped, or from another version of the console.
    </EmptyState>
  );
}
