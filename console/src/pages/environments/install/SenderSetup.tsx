import { Alert, Group, Select, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";

import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { CodeBlock } from "@/components/CodeBlock";
import { CopyField } from "@/components/Copy";
import { DocsPageLink } from "@/components/DocsLink";
import { LinkButton, TextLink } from "@/components/LinkButton";
import { distinct } from "@/components/options";
import { addressAt } from "@/pages/environments/domain_address";
import { postingAddress, type HookScheme } from "@/pages/environments/keys/hook_schemes";
import { PAGES, type Sender } from "@/pages/environments/install/sender";
import { SENDERS } from "@/pages/environments/install/senders";
import { AddWebhook } from "@/pages/environments/keys/WebhookForm";
import { AddWriteKey } from "@/pages/environments/keys/WriteKeyForm";

type Environment = Model<"Environment">;

interface Props {
  environment: Environment;
  /** Id of a sender. */
  chosen: string | undefined;
  onChoose: (id: string | undefined) => void;
  /** Those to choose from, one of which is always chosen; without them, all, and none at first. */
  senders?: Sender[];
}

/** What to set in an SDK, a shipper or a webhook that you already have. */
export function SenderSetup({ environment, chosen, onChoose, senders }: Props) {
  const sender = (senders ?? SENDERS).find(({ id }) => id === chosen);
  return (
    <Stack gap="sm">
      <Select
        label="Sender"
        placeholder="Search, such as PostHog"
        maw={480}
        searchable
        clearable={senders === undefined}
        allowDeselect={senders === undefined}
        nothingFoundMessage="No sender of this name"
        data={distinct(
          (senders ?? SENDERS).map(({ id, protocol, name }) => ({ value: id, label: `${protocol}: ${name}` })),
        )}
        value={sender?.id ?? null}
        onChange={(id) => onChoose(id ?? undefined)}
      />
      {sender !== undefined && (
        <>
          {sender.scheme === undefined ? (
            <Setting sender={sender} environment={environment} />
          ) : (
            <HookSetting key={sender.scheme} sender={sender} scheme={sender.scheme} environment={environment} />
          )}
          <Text size="sm" c="dimmed">
            <DocsPageLink file={`protocols/${PAGES[sender.protocol]}.md`}>
              What arrives from {sender.protocol}, and what is answered
            </DocsPageLink>
          </Text>
        </>
      )}
    </Stack>
  );
}

function Setting({ sender, environment }: { sender: Sender; environment: Environment }) {
  const { custom_domain: domain, write_keys: keys } = environment;
  const [picked, setPicked] = useState<string | null>(null);
  const key = keys.find((own) => own === picked) ?? keys[0] ?? environment.id;
  const address =
    sender.needsDomain && domain !== null
      ? addressAt(domain, environment.address)
      : environment.address.replace(/\/$/, "");
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
      {hasKey && <WriteKey environment={environment} value={key} onPick={setPicked} />}
    </>
  );
}

interface WriteKeyProps {
  environment: Environment;
  value: string;
  onPick: (key: string) => void;
}

/** The key to give to the sender: one of those that are listed, or any. */
function WriteKey({ environment, value, onPick }: WriteKeyProps) {
  const refused = useRefusal("editor");
  const [isAdding, setAdding] = useState(false);
  const keys = environment.write_keys;
  return (
    <Stack gap={4} align="flex-start">
      <Text size="sm" fw={600}>
        Write key
      </Text>
      {keys.length > 1 && (
        <Select
          aria-label="Write key"
          w={{ base: "100%", xs: 320 }}
          allowDeselect={false}
          data={distinct(keys)}
          value={value}
          onChange={(key) => {
            if (key !== null) onPick(key);
          }}
        />
      )}
      <Group gap="sm">
        <CopyField value={value} label="Copy the write key" />
        <ActionButton
          size="compact-xs"
          variant="default"
          leftSection={<IconPlus size={12} />}
          refused={refused}
          onClick={() => setAdding(true)}
        >
          Add write key
        </ActionButton>
      </Group>
      <Text size="sm" c="dimmed">
        {keys.length > 0
          ? "Every request needs a write key of this environment. "
          : "You can keep the key that the sender has: the address alone names the environment. "}
        <KeysLink environment={environment}>All write keys</KeysLink>
      </Text>
      <AddWriteKey environment={environment} opened={isAdding} onClose={() => setAdding(false)} onAdded={onPick} />
    </Stack>
  );
}

interface HookProps {
  sender: Sender;
  scheme: HookScheme;
  environment: Environment;
}

/** The address of a webhook, or the way to one: its sender can post once the environment has it. */
function HookSetting({ sender, scheme, environment }: HookProps) {
  const refused = useRefusal("editor");
  const [isAdding, setAdding] = useState(false);
  const [picked, setPicked] = useState<string | null>(null);
  const hooks = environment.webhooks.filter((hook) => hook.scheme === scheme);
  const hook = hooks.find(({ name }) => name === picked) ?? hooks.at(-1);
  const add = (
    <ActionButton
      size="xs"
      variant="default"
      leftSection={<IconPlus size={14} />}
      refused={refused}
      onClick={() => setAdding(true)}
    >
      {hook === undefined ? "Add webhook" : "Add another webhook"}
    </ActionButton>
  );
  return (
    <>
      {hook === undefined ? (
        <Alert color="yellow" title="This sender needs a webhook">
          <Group justify="space-between" gap="sm">
            <Text size="sm">
              {scheme === "none"
                ? "Add one to the environment to get its address."
                : "Add one to the environment with the secret that the sender signs with."}
            </Text>
            {add}
          </Group>
        </Alert>
      ) : (
        <Stack gap={4} align="stretch">
          {hooks.length > 1 && (
            <Select
              label="Webhook"
              maw={320}
              allowDeselect={false}
              data={distinct(hooks.map(({ name }) => name))}
              value={hook.name}
              onChange={setPicked}
            />
          )}
          <Text size="sm" fw={600}>{`What to set: ${sender.option}`}</Text>
          <CodeBlock
            code={sender.line(postingAddress(hook, environment.write_keys), "")}
            label={`Setting of ${sender.name}`}
          />
          <Group gap="sm">
            {add}
            <Text size="sm" c="dimmed">
              <KeysLink environment={environment}>Secrets of webhooks</KeysLink>
            </Text>
          </Group>
        </Stack>
      )}
      <AddWebhook environment={environment} scheme={scheme} opened={isAdding} onClose={() => setAdding(false)} />
    </>
  );
}

function KeysLink({ environment, children }: { environment: Environment; children: string }) {
  return (
    <TextLink
      to="/endpoints/$endpointId/environments/$environmentId/keys-and-webhooks"
      params={{ endpointId: environment.endpoint_id, environmentId: environment.id }}
      underline="always"
    >
      {children}
    </TextLink>
  );
}
