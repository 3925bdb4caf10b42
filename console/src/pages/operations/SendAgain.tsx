import { Button, Group, Modal, Progress, Stack, Text } from "@mantine/core";
import { IconRepeat } from "@tabler/icons-react";
import { useState } from "react";

import { failureFrom } from "@/api/problem";
import { FormFailure } from "@/components/FormFailure";
import { toasts } from "@/components/toasts";
import { useSendAgain } from "@/pages/operations/use_send_again";
import { counted, exactCount } from "@/text/units";

interface Props {
  queue: string;
  /** Ids of those that are ticked. */
  chosen: string[];
  /** How many the queue holds; on AWS about that many. */
  count: number;
}

/** Sends dead letters to their queue again: those that are ticked, or all of them. */
export function SendAgain({ queue, chosen, count }: Props) {
  const [isAsking, setIsAsking] = useState(false);
  const { run, sofar } = useSendAgain(queue, ({ sent, left }) => {
    toasts.done(`${counted(sent, "message")} sent again, ${exactCount(left)} left.`);
    setIsAsking(false);
  });
  const isOfAll = run.isPending && run.variables === null;
  return (
    <Group gap="xs">
      {chosen.length > 0 && (
        <Button
          leftSection={<IconRepeat size={16} />}
          loading={run.isPending && !isOfAll}
          onClick={() => run.mutate(chosen)}
        >
          Send again {chosen.length}
        </Button>
      )}
      <Button
        variant={chosen.length > 0 ? "default" : "filled"}
        leftSection={<IconRepeat size={16} />}
        disabled={run.isPending}
        onClick={() => {
          run.reset();
          setIsAsking(true);
        }}
      >
        Send all again
      </Button>
      {run.isError && !isAsking && <FormFailure failure={failureFrom(run.error)} />}
      <Modal opened={isAsking} onClose={() => setIsAsking(false)} title="Send all again">
        <Stack>
          <Text>
            <strong>Fix the cause first.</strong> {counted(count, "message goes", "messages go")} back to “{queue}” and{" "}
            {count === 1 ? "is" : "are"} worked on as new. What fails again becomes a dead letter again; done twice, it
            does no harm.
          </Text>
          {isOfAll && (
            <Stack gap={4} role="status">
              <Progress value={(100 * sofar) / Math.max(1, count)} animated aria-label="Sending again" />
              <Text size="sm" c="dimmed">
                {counted(sofar, "message")} sent so far
              </Text>
            </Stack>
          )}
          <FormFailure failure={run.isError ? failureFrom(run.error) : null} />
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setIsAsking(false)} data-autofocus>
              {isOfAll ? "Close" : "Cancel"}
            </Button>
            <Button loading={isOfAll} onClick={() => run.mutate(null)}>
              Send {counted(count, "message")}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Group>
  );
}
