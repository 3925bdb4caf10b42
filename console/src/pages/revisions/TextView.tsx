import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { getHotkeyHandler } from "@mantine/hooks";
import { useDeferredValue, useMemo, useRef, useState } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { faultsAt } from "@/components/FormFailure";
import { toasts } from "@/components/toasts";
import { hasChildren, type Node } from "@/pages/revisions/field";
import { bodyFrom, fieldsText, onLines, type Body, type LineFault, type Notation } from "@/pages/revisions/fields_json";
import classes from "@/pages/revisions/TextView.module.css";
import type { Draft } from "@/pages/revisions/use_draft";
import { sameJson } from "@/text/json";
import { counted } from "@/text/units";

const LINE_PX = 20;
const LINES_ABOVE = 4;
const NUMBERED_LINES = 200;
const SHOWN_FAULTS = 8;

export interface TextViewProps {
  notation: Notation;
  revision: Model<"RevisionWithFields">;
  draft: Draft;
  mayChange: boolean;
  /** What was typed and is not applied yet; null: the text is the tree's. */
  typed: string | null;
  onType: (typed: string | null) => void;
}

/** All fields of a revision as the body of the API; what is typed becomes the tree when it is applied. */
export function TextView({ notation, revision, draft, mayChange, typed, onType }: TextViewProps) {
  const written = useMemo(
    () => fieldsText(revision.event_name, draft.fields, notation),
    [revision.event_name, draft.fields, notation],
  );
  const text = typed ?? written;
  const read = useDeferredValue(typed);
  const typedFaults = useMemo(() => (read === null ? [] : (bodyFrom(read, notation).faults ?? [])), [read, notation]);
  const faults = typed === null ? treeFaults(written, draft, notation) : typedFaults;
  const input = useRef<HTMLTextAreaElement>(null);
  const change = api.useMutation("patch", "/v1/revisions/{revision_id}", { meta: { showsFailures: true } });
  const { left } = faultsAt(change.error, []);

  const type = (next: string | null) => {
    change.reset(); // what was rejected was another text
    onType(next);
  };
  const finish = ({ fields }: Body) => {
    draft.replace(fields);
    onType(null);
    toasts.done(`The ${notation.name} is applied. Save to keep it.`);
  };
  const apply = () => {
    if (typed === null || change.isPending) return;
    const { body } = bodyFrom(typed, notation);
    if (body === null) return;
    if (body.event_name === null || sameJson(body.event_name, revision.event_name)) {
      finish(body);
      return;
    }
    change.mutate(
      {
        params: { path: { revision_id: revision.id }, header: { "If-Match": `"${draft.version}"` } },
        body: { event_name: body.event_name },
      },
      {
        onSuccess: ({ version }) => {
          draft.rebase(version);
          finish(body);
        },
      },
    );
  };
  const show = (line: number) => {
    const area = input.current;
    if (area === null) return;
    const lines = text.split("\n");
    const from = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    area.focus();
    area.setSelectionRange(from, from + (lines[line - 1]?.length ?? 0));
    area.scrollTop = Math.max(0, line - LINES_ABOVE) * LINE_PX;
    area.scrollLeft = 0;
  };
  return (
    <Stack gap="sm">
      {mayChange && (
        <Text id="text-meaning" size="sm" c="dimmed">
          The body of the API. Applying it is one step that you can undo; the event name is saved at once.
        </Text>
      )}
      <Numbered
        ref={input}
        label={`Fields as ${notation.name}`}
        text={text}
        faults={faults}
        readOnly={!mayChange}
        onChange={(next) => type(next === written ? null : next)}
        onApply={apply}
      />
      {left.message !== "" && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {left.faults[0]?.message ?? left.message}
        </Text>
      )}
      <FaultList faults={faults} onShow={show} />
      {mayChange && (
        <Group gap="xs">
          <Button disabled={typed === null || faults.length > 0} loading={change.isPending} onClick={apply}>
            Apply
          </Button>
          <Button variant="default" disabled={typed === null} onClick={() => type(null)}>
            Discard changes
          </Button>
        </Group>
      )}
    </Stack>
  );
}

interface NumberedProps {
  ref: React.Ref<HTMLTextAreaElement>;
  label: string;
  text: string;
  faults: readonly LineFault[];
  readOnly: boolean;
  onChange: (text: string) => void;
  onApply: () => void;
}

/** A text with the numbers of its lines, those with faults marked. */
function Numbered({ ref, label, text, faults, readOnly, onChange, onApply }: NumberedProps) {
  const [top, setTop] = useState(0);
  const count = useMemo(() => text.split("\n").length, [text]);
  // Only those in sight: a large revision has tens of thousands of lines.
  const first = Math.max(1, Math.floor(top / LINE_PX));
  const length = Math.min(NUMBERED_LINES, count - first + 1);
  const numbers = Array.from({ length }, (_, index) => first + index).join("\n");
  const lines = new Set(faults.map(({ line }) => line));
  return (
    <div className={classes.frame}>
      <div className={classes.numbers} aria-hidden>
        <pre
          className={classes.scrolled}
          style={{
            transform: `translateY(${(first - 1) * LINE_PX - top}px)`,
            height: 0,
            minWidth: `${String(count).length}ch`,
          }}
        >
          {numbers}
          {[...lines].map((line) => (
            <span key={line} className={classes.mark} style={{ top: 8 + (line - first) * LINE_PX }} />
          ))}
        </pre>
      </div>
      <textarea
        ref={ref}
        className={classes.text}
        aria-label={label}
        aria-describedby={readOnly ? undefined : "text-meaning"}
        aria-invalid={faults.length > 0 || undefined}
        wrap="off"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        readOnly={readOnly}
        value={text}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        onChange={(event) => onChange(event.currentTarget.value)}
        onKeyDown={getHotkeyHandler([["mod+Enter", onApply]])}
      />
    </div>
  );
}

function FaultList({ faults, onShow }: { faults: readonly LineFault[]; onShow: (line: number) => void }) {
  const more = faults.length - SHOWN_FAULTS;
  return (
    <Stack gap={2} role="status" aria-label="Faults">
      {faults.slice(0, SHOWN_FAULTS).map(({ line, message }, index) => (
        <Text key={index} size="sm" c="var(--mantine-color-error)" style={{ overflowWrap: "anywhere" }}>
          <Anchor component="button" type="button" inherit c="inherit" underline="always" onClick={() => onShow(line)}>
            Line {line}
          </Anchor>
          : {message}
        </Text>
      ))}
      {more > 0 && (
        <Text size="sm" c="var(--mantine-color-error)">
          {counted(more, "more fault")}
        </Text>
      )}
    </Stack>
  );
}

/** The faults of the tree, the API's among them, at the lines of its text. */
function treeFaults(text: string, draft: Draft, notation: Notation): LineFault[] {
  const found: { pointer: string; message: string }[] = [];
  const visit = (nodes: readonly Node[], above: string) => {
    for (const [index, node] of nodes.entries()) {
      const pointer = `${above}/fields/${index}`;
      for (const { property, message } of draft.faults(node.id)) {
        found.push({ pointer: `${pointer}/${property.replaceAll(".", "/")}`, message });
      }
      if (hasChildren(node.type)) visit(node.fields, pointer);
    }
  };
  visit(draft.nodes, "");
  return found.length === 0 ? [] : onLines(text, found, notation);
}
