import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";

import { client } from "@/api/client";
import { failureFrom } from "@/api/problem";
import type { Model } from "@/api/types";
import { EmptyState } from "@/components/EmptyState";
import { written } from "@/pages/revisions/sources";
import { madeOnce } from "@/pages/revisions/temporary";
import type { Draft } from "@/pages/revisions/use_draft";
import type { Written } from "@/text/json";
import { samplesFrom } from "@/text/samples";

interface Props {
  revision: Model<"RevisionWithFields">;
  draft: Draft;
  mayChange: boolean;
}

/**
 * What stands where a revision has no fields yet: an event makes them, or they are added one by one. With an event, what
 * happens to unknown fields is as in any revision that is made from samples.
 */
export function EmptyTree({ revision, draft, mayChange }: Props) {
  const [text, setText] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const infer = useMutation({
    mutationFn: async (events: Written[]) => {
      const { fields, additional_keys } = await madeOnce(revision.endpoint_id, { samples: events.map(written) });
      if (revision.additional_keys !== "drop") return { fields, version: draft.version };
      const changed = await client.PATCH("/v1/revisions/{revision_id}", {
        params: { path: { revision_id: revision.id }, header: { "If-Match": `"${draft.version}"` } },
        body: { additional_keys },
      });
      if (changed.data === undefined) throw changed.error;
      return { fields, version: changed.data.version };
    },
    meta: { showsFailures: true },
    onSuccess: ({ fields, version }) => {
      draft.rebase(version);
      draft.replace(fields);
    },
  });
  if (!mayChange) {
    return <EmptyState title="No fields yet">A field is a key of your events, its type and its rules.</EmptyState>;
  }
  const submit = () => {
    const { events, fault: found } = samplesFrom(text);
    setFault(found);
    if (events !== null) infer.mutate(events);
  };
  const failed = infer.error === null ? null : failureFrom(infer.error);
  return (
    <EmptyState title="No fields yet">
      <Stack gap="sm" w="100%">
        <Text c="dimmed">
          Paste an event, and its keys become fields that you can change.
          {revision.additional_keys === "drop" && " This also sets unknown fields to Keep."}
        </Text>
        <Textarea
          label="An event, as you would send it"
          description="More events give better guesses: an array, or one per line."
          placeholder='{"event": "purchase", "total": 59.9}'
          classNames={{ input: "mono" }}
          styles={{ root: { textAlign: "start" } }}
          autosize
          minRows={5}
          maxRows={16}
          spellCheck={false}
          value={text}
          error={fault ?? failed?.faults[0]?.message ?? failed?.message}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setFault(null);
          }}
        />
        <Group justify="center">
          <Button loading={infer.isPending} disabled={text.trim() === ""} onClick={submit}>
            Infer the fields
          </Button>
          <Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => draft.add(null)}>
            Add a field
          </Button>
        </Group>
      </Stack>
    </EmptyState>
  );
}
