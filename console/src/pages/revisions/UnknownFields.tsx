import { Input, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { api } from "@/api/client";
import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { TextLink } from "@/components/LinkButton";
import { toasts } from "@/components/toasts";
import type { Draft } from "@/pages/revisions/use_draft";

type Answer = Model<"Revision">["additional_keys"];

const LABELS: Record<Answer, string> = { keep: "Keep", drop: "Drop", reject: "Reject the event" };

const MEANING: Record<Answer, string> = {
  keep: "Keys that no field names are stored as JSON in the column _extra.",
  drop: "Keys that no field names are not stored.",
  reject: "An event with a key that no field names is invalid.",
};

interface Props {
  revision: Model<"RevisionWithFields">;
  refused: boolean;
  draft: Draft;
}

/** Asks what happens to keys that no field names; the answer is saved at once. */
export function UnknownFields({ revision, refused, draft }: Props) {
  const change = api.useMutation("patch", "/v1/revisions/{revision_id}", {
    onSuccess: (changed) => {
      draft.rebase(changed.version);
      toasts.done(`Unknown fields: ${LABELS[changed.additional_keys]}.`);
    },
  });
  const answer: Answer = change.isPending
    ? (change.variables.body.additional_keys ?? revision.additional_keys)
    : revision.additional_keys;
  return (
    <Stack gap={4} align="flex-start">
      <Input.Label component="div" id="unknown-fields">
        Unknown fields
      </Input.Label>
      <SegmentedControl
        aria-labelledby="unknown-fields"
        aria-describedby="unknown-fields-meaning"
        data={(Object.keys(LABELS) as Answer[]).map((value) => ({ value, label: LABELS[value] }))}
        readOnly={refused}
        disabled={refused}
        value={answer}
        onChange={(value) => {
          const header = { "If-Match": `"${draft.version}"` };
          change.mutate({
            params: { path: { revision_id: revision.id }, header },
            body: { additional_keys: value },
          });
        }}
      />
      <Text id="unknown-fields-meaning" size="sm" c="dimmed">
        {MEANING[answer]}
      </Text>
      <Arriving revision={revision} />
    </Stack>
  );
}

const MOST_LINKS = 5;

/** The ways to what arrives: in the environments that run a revision; for a draft, in all of its endpoint. */
function Arriving({ revision }: { revision: Model<"Revision"> }) {
  const environments = useQuery(lists.environments(revision.endpoint_id));
  const shown = (environments.data ?? [])
    .filter(({ revision_id }) => revision.state === "draft" || revision_id === revision.id)
    .slice(0, MOST_LINKS);
  if (shown.length === 0) return null;
  return (
    <Text size="sm" c="dimmed">
      Unknown fields that arrive:{" "}
      {shown.map(({ id, name, endpoint_id }, index) => (
        <span key={id}>
          {index > 0 && ", "}
          <TextLink
            underline="always"
            to="/endpoints/$endpointId/environments/$environmentId/unknown-fields"
            params={{ endpointId: endpoint_id, environmentId: id }}
            size="sm"
          >
            {name}
          </TextLink>
        </span>
      ))}
    </Text>
  );
}
