import { useParams } from "@tanstack/react-router";

import { api } from "@/api/client";
import { EmptyState } from "@/components/EmptyState";
import { LinkButton } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { Editor } from "@/pages/revisions/Editor";

/** One revision: its whole tree at once, to be changed while it is a draft. */
export function Designer() {
  const { endpointId, revisionId } = useParams({ from: "/app/endpoints/$endpointId/revisions/$revisionId" });
  const query = api.useQuery(
    "get",
    "/v1/revisions/{revision_id}",
    { params: { path: { revision_id: revisionId } } },
    { refetchOnWindowFocus: false },
  );
  const missing = (
    <EmptyState
      title="There is no such revision"
      action={
        <LinkButton to="/endpoints/$endpointId/revisions" params={{ endpointId }} variant="default">
          All revisions
        </LinkButton>
      }
    >
      It may have been deleted.
    </EmptyState>
  );
  return (
    <Loaded query={query} failed="The revision could not be loaded" missing={missing}>
      {(revision) => <Editor key={revision.id} revision={revision} />}
    </Loaded>
  );
}
