import { Paper, SegmentedControl, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import type { TemplateName } from "@/components/TemplateSelect";
import { LONGEST_TEXT, type Begun } from "@/pages/start/begun";
import { makeDraft, type Earlier, type Source } from "@/pages/start/make_draft";
import { SampleStep } from "@/pages/start/SampleStep";
import type { SourceProps } from "@/pages/start/source_props";
import { TemplateStep } from "@/pages/start/TemplateStep";

interface Props {
  /** What has been made already, where this step was gone back to. */
  earlier: Earlier | null;
  begun: Begun | null;
  onBegun: (begun: Begun) => void;
}

/** What the schema is made from: an event that is at hand, or the template of a sender. */
export function FirstStep({ earlier, begun, onBegun }: Props) {
  const navigate = useNavigate({ from: "/start" });
  const { name: named = "" } = useSearch({ from: "/app/start" });
  const [made, setMade] = useState(earlier);
  const [name, setName] = useState(earlier?.name ?? named);
  const [text, setText] = useState(begun?.text ?? begun?.sample ?? "");
  const [template, setTemplate] = useState((begun?.template ?? null) as TemplateName | null);
  const [from, setFrom] = useState<"sample" | "template">(template === null ? "sample" : "template");
  const begin = useMutation({
    mutationFn: ({ source }: { source: Source; text: string }) => makeDraft(made, name.trim(), source, setMade),
    meta: { showsFailures: true },
    onSuccess: (revision, { source, text: pasted }) => {
      onBegun({
        revisionId: revision.id,
        ...("samples" in source ? { sample: source.samples[0]?.text ?? "" } : { template: source.template }),
        ...(pasted !== "" && pasted.length <= LONGEST_TEXT && { text: pasted }),
        ...(revision.inference && { inference: revision.inference }),
      });
      void navigate({ search: { revision: revision.id }, replace: true, ignoreBlocker: true });
    },
  });
  const shared: SourceProps = {
    name,
    onName: setName,
    busy: begin.isPending || begin.isSuccess,
    error: begin.error,
    onSource: (source, pasted = "") => begin.mutate({ source, text: pasted }),
  };
  return (
    <Paper maw={760}>
      <Stack>
        {earlier?.draftId != null && (
          <Text size="sm" role="note">
            The schema has been made already. Making it again replaces it, with all that you changed in the designer.
          </Text>
        )}
        <SegmentedControl
          aria-label="Made from"
          data={[
            { value: "sample", label: "A sample event" },
            { value: "template", label: "A template" },
          ]}
          value={from}
          onChange={setFrom}
        />
        {from === "sample" ? (
          <SampleStep {...shared} text={text} onText={setText} />
        ) : (
          <TemplateStep {...shared} template={template} onTemplate={setTemplate} />
        )}
      </Stack>
    </Paper>
  );
}
