import { Alert, Group, Select, Stack, Text } from "@mantine/core";

import type { Model } from "@/api/types";
import { CodeBlock } from "@/components/CodeBlock";
import { CopyField } from "@/components/Copy";
import { LinkButton } from "@/components/LinkButton";
import { distinct } from "@/components/options";
import { PAGES, SENDERS, type Sender } from "@/pages/environments/senders";

interface Props {
  environment: Model<"Environment">;
  /** Id of a sender. */
  chosen: string | undefined;
  onChoose: (id: string | undefined) => void;
}

/** What to set in an SDK, a shipper or a webhook that you already have. */
export function SenderSetup({ environment, chosen, onChoose }: Props) {
  const sender = SENDERS.find(({ id }) => id === chosen);
  return (
    <Stack gap="sm">
      <Select
        label="Sender"
        placeholder="Search, such as PostHog"
        maw={480}
        searchable
        clearable
        nothingFoundMessage="No sender of this name"
        data={distinct(SENDERS.map(({ id, protocol, name }) => ({ value: id, label: `${protocol}: ${name}` })))}
        value={sender?.id ?? null}
        onChange={(id) => onChoose(id ?? undefined)}
      />
      {sender !== undefined && <Setting sender={sender} environment={environment} />}
    </Stack>
  );
}

function Setting({ sender, environment }: { sender: Sender; environment: Model<"Environment"> }) {
  const { custom_domain: domain, write_keys: keys } = environment;
  const key = keys[0] ?? environment.id;
  const address = sender.needsDomain && domain !== null ? `https://${domain}` : environment.address.replace(/\/$/, "");
  const isShort = sender.needsDomain && domain === null;
  const hasKey = sender.key === "always" || (sender.key === "if listed" && keys.length > 0);
  return (
    <>
      {isShort ? (
        <Alert color="yellow" title="This sender needs a custom domain">
          <Group justify="space-between" gap="sm">
            <Text size="sm">{sender.note}</Text>
            <LinkButton
              to="/endpoints/$endpointId/environments/$environmentId/domain"
              params={{ endpointId: environment.endpoint_id, environmentId: environment.id }}
              size="xs"
              variant="default"
            >
              Set a domain
            </LinkButton>
          </Group>
        </Alert>
      ) : (
        <Stack gap={4}>
          <Text size="sm" fw={600}>{`What to set: ${sender.option}`}</Text>
          <CodeBlock code={sender.line(address, key)} label={`Setting of ${sender.name}`} />
          {sender.note !== undefined && <Text size="sm">{sender.note}</Text>}
        </Stack>
      )}
      {hasKey && (
        <Stack gap={4}>
          <Text size="sm" fw={600}>
            Write key
          </Text>
          <CopyField value={key} label="Copy the write key" />
          <Text size="sm" c="dimmed">
            {keys.length > 0
              ? "Every request needs a write key of this environment."
              : "You can keep the key that the sender has. The address alone names the environment."}
          </Text>
        </Stack>
      )}
      <Text size="sm" c="dimmed">
        What arrives and what is answered: <span className="mono">docs/protocols/{PAGES[sender.protocol]}.md</span> in
        the documentation.
      </Text>
    </>
  );
}
