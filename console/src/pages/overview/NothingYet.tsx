import { IconRoute } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import { lists } from "@/api/pages";
import { EmptyState } from "@/components/EmptyState";
import { LinkButton } from "@/components/LinkButton";

/** What to do next with an endpoint that has never run. */
export function NothingYet({ endpointId }: { endpointId: string }) {
  const revisions = useQuery(lists.revisions(endpointId));
  const finalised = revisions.data?.find((revision) => revision.state === "finalised");
  const draft = revisions.data?.find((revision) => revision.field_count > 0);
  const params = { endpointId };
  if (finalised !== undefined) {
    return (
      <EmptyState
        icon={<IconRoute size={40} stroke={1.5} />}
        title="Give it an address"
        action={
          <LinkButton to="/endpoints/$endpointId/environments" params={params}>
            Create an environment
          </LinkButton>
        }
      >
        “{finalised.name}” is finalised. An environment runs it at an address that events are sent to.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<IconRoute size={40} stroke={1.5} />}
      title={draft === undefined ? "Describe your events" : "Finalise a revision"}
      action={
        <LinkButton to="/endpoints/$endpointId/revisions" params={params}>
          Go to revisions
        </LinkButton>
      }
    >
      {draft === undefined
        ? "A revision says which keys an event has, of which types, by which rules. Design one, or have it inferred from samples or a JSON Schema."
        : "A finalised revision can run in an environment, which has the address that events are sent to."}
    </EmptyState>
  );
}
