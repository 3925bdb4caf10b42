import { Alert, Button, Drawer, Group, Stack, Text, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { api, client } from "@/api/client";
import { failureFrom } from "@/api/problem";
import { Boundary } from "@/components/Boundary";
import { FirstFocus } from "@/components/FirstFocus";
import { DryRunResult } from "@/pages/revisions/DryRunResult";
import type { Draft } from "@/pages/revisions/use_draft";
import { isJson, writeJson } from "@/text/json";
import { toKeep } from "@/text/laid_out";

interface Props {
  opened: boolean;
  onClose: () => void;
  draft: Draft;
}

/** Events pasted in, and what ingest would make of them under this revision. */
export function TryIt({ opened, onClose, draft }: Props) {
  // Here, so that what was pasted is still there when the drawer is opened again.
  const [text, setText] = useState("");
  return (
    <Drawer opened={opened} onClose={onClose} title="Try an event" size="lg">
      <FirstFocus />
      {opened && <Trial draft={draft} text={text} setText={setText} />}
    </Drawer>
  );
}

interface TrialProps {
  draft: Draft;
  text: string;
  setText: (text: string) => void;
}

function Trial({ draft, text, setText }: TrialProps) {
  const path = { revision_id: draft.revisionId };
  const example = api.useMutation("get", "/v1/revisions/{revision_id}/example", {
    meta: { changesNothing: true },
    onSuccess: (shown) => setText(toKeep(writeJson(shown.example))),
  });
  const judge = useMutation({
    mutationFn: async (body: string) => {
      const { data, error } = await client.POST("/v1/revisions/{revision_id}/validate", {
        params: { path },
        headers: { "Content-Type": isLines(body) ? "application/x-ndjson" : "application/json" },
        body,
        bodySerializer: (raw) => raw as string,
      });
      if (data === undefined) throw error;
      return data;
    },
    meta: { changesNothing: true, showsFailures: true },
  });
  const run = () => draft.save(() => judge.mutate(text));
  const failure = judge.error === null ? null : failureFrom(judge.error);
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        Validated by the code that receives events. Nothing is stored.
      </Text>
      <Textarea
        label="Event"
        description="A JSON object, an array of them, or one per line."
        classNames={{ input: "mono" }}
        autosize
        minRows={8}
        maxRows={20}
        spellCheck={false}
        data-autofocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Group justify="space-between">
        <Button variant="default" loading={example.isPending} onClick={() => example.mutate({ params: { path } })}>
          Fill in an example
        </Button>
        <Button loading={judge.isPending || draft.isSaving} disabled={text.trim() === ""} onClick={run}>
          {draft.isUnsaved ? "Save and try" : "Try"}
        </Button>
      </Group>
      {failure !== null && (
        <Alert color="red" role="alert">
          {failure.message}
        </Alert>
      )}
      <Stack aria-live="polite">
        {judge.data?.results.map((row) => (
          <Boundary key={row.index} what="This result">
            <DryRunResult row={row} alone={judge.data.results.length === 1} />
          </Boundary>
        ))}
      </Stack>
    </Stack>
  );
}

/** Several lines that are JSON each, and none together. */
function isLines(text: string): boolean {
  const lines = text.trim().split("\n");
  return lines.length > 1 && !isJson(text) && lines.every((line) => line.trim() === "" || isJson(line));
}
