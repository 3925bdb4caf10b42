import { Button, Group, Loader, Paper, Text } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";

import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { RelativeTime } from "@/components/RelativeTime";
import type { Watching } from "@/pages/environments/live/use_tap";
import { counted, exactCount } from "@/text/units";

interface Props {
  watching: Watching;
  isPaused: boolean;
  onPause: (isPaused: boolean) => void;
}

/** How a tap that runs does, with its buttons. */
export function TapState({ watching, isPaused, onPause }: Props) {
  const refused = useRefusal("editor");
  const { tap, feed, failure } = watching;
  if (tap === null) return null;
  return (
    <Paper>
      <Group justify="space-between" gap="sm">
        <Group gap="sm" flex={1} miw={220} wrap="nowrap">
          <Loader size="xs" type="dots" aria-hidden />
          <div>
            <Text size="sm" fw={600}>
              {tap.seconds > LONGEST ? (
                "Live without an end (TAPS=all)"
              ) : (
                <>
                  Live until {timeOf(tap.until)} (<RelativeTime at={tap.until} />)
                </>
              )}
            </Text>
            <Text size="sm" c="dimmed">
              {failure === null ? (
                <>
                  {counted(feed.received, "event")} shown
                  {feed.leftOut > 0 && `, ${exactCount(feed.leftOut)} left out by the sample`}
                  {feed.dropped > 0 && `, ${exactCount(feed.dropped)} dropped to make room`}
                  {tap.protected && ". Protected values are hidden"}.
                </>
              ) : (
                `${failure.message} Trying again.`
              )}
            </Text>
          </div>
        </Group>
        <Group gap="xs">
          <Button
            size="xs"
            variant="default"
            aria-pressed={isPaused}
            leftSection={isPaused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
            onClick={() => onPause(!isPaused)}
          >
            {isPaused ? "Continue" : "Pause"}
          </Button>
          {tap.seconds <= LONGEST && (
            <ActionButton
              size="xs"
              variant="default"
              leftSection={<IconPlayerStop size={14} />}
              loading={watching.isStopping}
              refused={refused}
              onClick={watching.stop}
            >
              Stop
            </ActionButton>
          )}
        </Group>
      </Group>
    </Paper>
  );
}

/** Seconds that a person may start a tap for; the one that a run with `TAPS=all` keeps has no end, and is back at once. */
const LONGEST = 3_600;

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

function timeOf(at: string): string {
  return CLOCK.format(Date.parse(at));
}
