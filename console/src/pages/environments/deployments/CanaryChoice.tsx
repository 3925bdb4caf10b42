import { Group, Select, Stack, Switch, Text } from "@mantine/core";

import { DocsLink } from "@/components/DocsLink";
import { SHARES, TIMES, timeText, type AskedCanary } from "@/pages/environments/deployments/canary";

const AT_FIRST: AskedCanary = { share: 10, seconds: 3_600 };

interface Props {
  /** Null: all requests at once. */
  value: AskedCanary | null;
  onChange: (value: AskedCanary | null) => void;
}

/** Whether a revision gets a share of the requests first: how many, and for how long. */
export function CanaryChoice({ value, onChange }: Props) {
  return (
    <Stack gap="xs">
      <Switch
        label="Deploy to a share first"
        checked={value !== null}
        onChange={(event) => onChange(event.currentTarget.checked ? AT_FIRST : null)}
      />
      {value !== null && (
        <>
          <Group gap="sm">
            <Select
              label="Share"
              w={140}
              allowDeselect={false}
              data={SHARES}
              value={String(value.share)}
              onChange={(share) => onChange({ ...value, share: Number(share) })}
            />
            <Select
              label="For"
              w={140}
              allowDeselect={false}
              data={TIMES}
              value={String(value.seconds)}
              onChange={(seconds) => onChange({ ...value, seconds: Number(seconds) })}
            />
          </Group>
          <Text size="sm" c="dimmed" maw={640}>
            {value.share} % of the requests go to the new revision for {timeText(value.seconds)}. A repeated request
            goes the same way. If you have not promoted the canary by then, or if its refused share is larger by more
            than 1 percentage point, it is aborted automatically. <DocsLink word="Canary" />
          </Text>
        </>
      )}
    </Stack>
  );
}
