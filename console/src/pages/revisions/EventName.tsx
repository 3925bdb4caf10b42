import { TagsInput } from "@mantine/core";
import { useState } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { faultsAt } from "@/components/FormFailure";
import { toasts } from "@/components/toasts";
import type { Node } from "@/pages/revisions/field";
import { pointerFault } from "@/pages/revisions/place_checks";
import type { Draft } from "@/pages/revisions/use_draft";

interface Props {
  revision: Model<"RevisionWithFields">;
  refused: boolean;
  draft: Draft;
}

const MOST = 3;

/** Which keys name an event; saved at once. */
export function EventName({ revision, refused, draft }: Props) {
  const [typed, setTyped] = useState<string[] | null>(null);
  const change = api.useMutation("patch", "/v1/revisions/{revision_id}", {
    meta: { showsFailures: true },
    onSuccess: (changed) => {
      draft.rebase(changed.version);
      setTyped(null);
      toasts.done(changed.event_name.length === 0 ? "Events have no name." : "The event name is saved.");
    },
  });
  const pointers = typed ?? revision.event_name;
  const fault = pointers.map(pointerFault).find((message) => message !== null);
  const { left } = faultsAt(change.error, []);
  return (
    <TagsInput
      label="Event name"
      description="The first of these keys that holds a text names the event in usage and filters."
      placeholder={pointers.length === 0 ? "/event" : undefined}
      classNames={{ input: "mono" }}
      maxTags={MOST}
      data={[...new Set(draft.nodes.filter(mayName).map(pointerOf))]}
      readOnly={refused}
      disabled={refused}
      value={pointers}
      error={fault ?? left.faults[0]?.message ?? (left.message === "" ? undefined : left.message)}
      acceptValueOnBlur
      onChange={(next) => {
        setTyped(next);
        if (next.some((pointer) => pointerFault(pointer) !== null)) return;
        change.mutate({
          params: { path: { revision_id: revision.id }, header: { "If-Match": `"${draft.version}"` } },
          body: { event_name: next },
        });
      }}
    />
  );
}

function mayName({ key, type, protect }: Node): boolean {
  return key !== "" && type === "STRING" && protect === "";
}

/** Where a field of the first level stands in the event. */
function pointerOf({ key, from }: { key: string; from: string }): string {
  if (from.startsWith("/")) return from;
  return `/${(from === "" ? key : from).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
