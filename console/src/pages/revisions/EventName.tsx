import { Code, Group, Input, Stack, TagsInput, Text } from "@mantine/core";
import { useRef, useState } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { faultsAt } from "@/components/FormFailure";
import { distinct } from "@/components/options";
import { toasts } from "@/components/toasts";
import type { Node } from "@/pages/revisions/field";
import { pointerFault } from "@/pages/revisions/place_checks";
import type { Draft } from "@/pages/revisions/use_draft";
import { sameJson } from "@/text/json";
import { visible } from "@/text/laid_out";

interface Props {
  revision: Model<"RevisionWithFields">;
  refused: boolean;
  draft: Draft;
}

const MOST = 3;
const MEANING = "The first of these keys that holds a text names the event in usage and filters.";

/** Which keys name an event; saved at once. */
export function EventName({ revision, refused, draft }: Props) {
  const [typed, setTyped] = useState<string[] | null>(null);
  const latest = useRef<string[] | null>(null);
  const change = api.useMutation("patch", "/v1/revisions/{revision_id}", {
    meta: { showsFailures: true },
    onSuccess: (changed) => {
      draft.rebase(changed.version);
      const wanted = latest.current;
      if (wanted !== null && !sameJson(wanted, changed.event_name) && isSound(wanted)) {
        send(wanted, changed.version); // it was changed again while this was saved
        return;
      }
      setTyped(null);
      toasts.done(changed.event_name.length === 0 ? "Events have no name." : "The event name is saved.");
    },
  });
  const send = (pointers: string[], version: number) =>
    change.mutate({
      params: { path: { revision_id: revision.id }, header: { "If-Match": `"${version}"` } },
      body: { event_name: pointers },
    });
  const pointers = typed ?? revision.event_name;
  const fault = pointers.map(pointerFault).find((message) => message !== null);
  const { left } = faultsAt(change.error, []);
  if (refused) return <Fixed pointers={revision.event_name} />;
  return (
    <TagsInput
      label="Event name"
      description={MEANING}
      placeholder={pointers.length === 0 ? "/event" : undefined}
      classNames={{ input: "mono" }}
      maxTags={MOST}
      data={distinct(draft.nodes.filter(mayName).map(pointerOf))}
      value={distinct(pointers)}
      error={fault ?? left.faults[0]?.message ?? (left.message === "" ? undefined : left.message)}
      acceptValueOnBlur
      onChange={(next) => {
        setTyped(next);
        latest.current = next;
        if (isSound(next) && !change.isPending) send(next, draft.version);
      }}
    />
  );
}

/** The same where nobody can change it. */
function Fixed({ pointers }: { pointers: readonly string[] }) {
  return (
    <Stack gap={4} align="flex-start">
      <Input.Label component="div">Event name</Input.Label>
      {pointers.length > 0 && (
        <Group gap={6}>
          {pointers.map((pointer) => (
            <Code key={pointer}>{visible(pointer)}</Code>
          ))}
        </Group>
      )}
      <Text size="sm" c="dimmed">
        {pointers.length > 0 ? MEANING : "No key names the event in usage and filters."}
      </Text>
    </Stack>
  );
}

function isSound(pointers: readonly string[]): boolean {
  return pointers.every((pointer) => pointerFault(pointer) === null);
}

function mayName({ key, type, protect }: Node): boolean {
  return key !== "" && type === "STRING" && protect === "";
}

/** Where a field of the first level stands in the event. */
function pointerOf({ key, from }: { key: string; from: string }): string {
  if (from.startsWith("/")) return from;
  return `/${(from === "" ? key : from).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
