import { Alert, Group, Paper, Select, Stack, Text } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useState } from "react";

import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { FormFailure } from "@/components/FormFailure";
import { TextLink } from "@/components/LinkButton";
import type { Watching } from "@/pages/environments/live/use_tap";

const TIMES = [
  { value: "600", label: "10 minutes" },
  { value: "1800", label: "30 minutes" },
  { value: "3600", label: "1 hour" },
];
const SAMPLES = [
  { value: "10", label: "up to 10 events per second" },
  { value: "100", label: "up to 100 events per second" },
  { value: "all", label: "all events" },
];

interface Props {
  environment: Model<"Environment">;
  watching: Watching;
}

/** Says what starting keeps and for how long, and starts. */
export function StartTap({ environment, watching }: Props) {
  const [seconds, setSeconds] = useState("600");
  const [sample, setSample] = useState("10");
  const refused = useRefusal("editor");
  const { tap } = watching;
  if (environment.taps === "off") {
    return (
      <Alert color="blue" title="Live events are turned off for this environment">
        <TextLink
          to="/endpoints/$endpointId/environments/$environmentId/settings"
          params={{ endpointId: environment.endpoint_id, environmentId: environment.id }}
          underline="always"
        >
          Settings
        </TextLink>{" "}
        has the switch.
      </Alert>
    );
  }
  const isProtected = environment.taps === "protected" || environment.quarantine_protected;
  const time = TIMES.find(({ value }) => value === seconds)?.label ?? "";
  return (
    <Paper component={Stack} gap="sm">
      {tap !== null && (
        <Text role="status">
          Live events have ended.
          {watching.feed.events.length > 0 && " The events below stay until you leave this page."}
        </Text>
      )}
      <Group gap="sm" align="flex-end">
        <Select
          label="For"
          w={130}
          allowDeselect={false}
          data={TIMES}
          value={seconds}
          onChange={(value) => setSeconds(value ?? seconds)}
        />
        <Select
          label="Keep"
          w={240}
          allowDeselect={false}
          data={SAMPLES}
          value={sample}
          onChange={(value) => setSample(value ?? sample)}
        />
        <ActionButton
          leftSection={<IconPlayerPlay size={16} />}
          loading={watching.isStarting}
          refused={refused}
          onClick={() =>
            watching.start({ seconds: Number(seconds), sample: sample === "all" ? "all" : Number(sample) })
          }
        >
          {tap === null ? "Start live events" : "Start again"}
        </ActionButton>
      </Group>
      <Text size="sm" c="dimmed">
        For {time}, a copy of each event in the sample is kept for an hour,{" "}
        {isProtected ? "with protected values hidden." : "as it was sent, personal data included."} It ends
        automatically. The audit log notes who watched.
      </Text>
      <FormFailure failure={watching.refusal} />
    </Paper>
  );
}
