import { Alert, Badge, Button, Drawer, Group, Paper, Stack, Text, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { api, client } from "@/api/client";
import { failureFrom } from "@/api/problem";
import type { Model } from "@/api/types";
import { Boundary } from "@/components/Boundary";
import { JsonBlock } from "@/components/JsonBlock";
import type { Draft } from "@/pages/revisions/use_draft";
import { isJson, writeJson } from "@/text/json";
import { toKeep, visible } from "@/text/laid_out";

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
        Judged by the code that takes events in; nothing is kept.
      </Text>
      <Textarea
        label="Event"
        description="A JSON object, an array of them, or one a line."
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
            <Result row={row} alone={judge.data.results.length === 1} />
          </Boundary>
        ))}
      </Stack>
    </Stack>
  );
}

function Result({ row, alone }: { row: Model<"DryRunRow">; alone: boolean }) {
  const isAccepted = row.outcome === "accepted";
  return (
    <Paper>
      <Stack gap="xs">
        <Group gap="xs">
          <Badge color={isAccepted ? "pine" : "red"} variant="light">
            {row.outcome}
          </Badge>
          {!alone && (
            <Text size="sm" c="dimmed">
              event {row.index + 1}
            </Text>
          )}
        </Group>
        {row.errors.map((fault) => (
          <Text key={`${fault.pointer} ${fault.code}`} size="sm">
            <span className="mono">{fault.pointer === "" ? "the event" : visible(fault.pointer)}</span> {fault.message}
          </Text>
        ))}
        {row.stored !== null && (
          <>
            <Text size="sm" c="dimmed">
              What would be stored:
            </Text>
            <JsonBlock label="The stored event" text={writeJson(row.stored)} maxHeight={320} />
          </>
        )}
      </Stack>
    </Paper>
  );
}

/** Several lines that are JSON each, and none together. */
function isLines(text: string): boolean {
  const lines = text.trim().split("\n");
  return lines.length > 1 && !isJson(text) && lines.every((line) => line.trim() === "" || isJson(line));
}
