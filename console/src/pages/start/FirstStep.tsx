import { Paper, SegmentedControl, Stack } from "@mantine/core";
import { useState } from "react";

import type { Begun } from "@/pages/start/begun";
import { SampleStep } from "@/pages/start/SampleStep";
import { TemplateStep } from "@/pages/start/TemplateStep";

/** What the schema is made from: an event that is at hand, or the template of a sender. */
export function FirstStep({ onBegun }: { onBegun: (begun: Begun) => void }) {
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const [from, setFrom] = useState<"sample" | "template">("sample");
  return (
    <Paper maw={760}>
      <Stack>
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
          <SampleStep name={name} onName={setName} text={text} onText={setText} onBegun={onBegun} />
        ) : (
          <TemplateStep name={name} onName={setName} onBegun={onBegun} />
        )}
      </Stack>
    </Paper>
  );
}
