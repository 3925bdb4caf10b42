import {
  Alert,
  Button,
  FileButton,
  Group,
  Input,
  Paper,
  SegmentedControl,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";

import { api } from "@/api/client";
import type { Failure } from "@/api/problem";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { faultsToFields, FormFailure } from "@/components/FormFailure";
import { toasts } from "@/components/toasts";
import { UnsavedGuard } from "@/components/UnsavedGuard";

interface Props {
  environment: Model<"Environment">;
  /** The domain that is there, whose certificate takes the place of another. */
  former?: Model<"CustomDomain">;
  onDone: () => void;
}

interface Values {
  domain: string;
  kind: "managed" | "imported";
  certificate: { pem: string; private_key: string; chain: string };
}

/** Asks for a domain and its certificate, or another certificate for the one that is there. */
export function DomainForm({ environment, former, onDone }: Props) {
  const [failure, setFailure] = useState<Failure | null>(null);
  const refused = useRefusal("admin");
  const form = useForm<Values>({
    initialValues: {
      domain: former?.domain ?? "",
      kind: former?.certificate.kind ?? "managed",
      certificate: { pem: "", private_key: "", chain: "" },
    },
  });
  const put = api.useMutation("put", "/v1/environments/{environment_id}/custom-domain", {
    meta: { showsFailures: true },
    onSuccess: (set) => {
      toasts.done(set.status === "pending_proof" ? `${set.domain} is saved. Prove it next.` : `${set.domain} is set.`);
      form.reset();
      onDone();
    },
    onError: (error) => setFailure(faultsToFields(form, error)),
  });
  const isImported = form.values.kind === "imported";
  return (
    <Paper maw={760}>
      <form
        onSubmit={form.onSubmit(({ domain: name, certificate: { pem, private_key, chain } }) => {
          setFailure(null);
          const imported = chain.trim() === "" ? { pem, private_key } : { pem, private_key, chain };
          const body = { domain: name.trim(), certificate: isImported ? imported : ("managed" as const) };
          put.mutate({ params: { path: { environment_id: environment.id } }, body });
        })}
      >
        <Stack>
          <TextInput
            label="Domain"
            placeholder="events.example.com"
            required
            spellCheck={false}
            autoComplete="off"
            {...form.getInputProps("domain")}
          />
          {former !== undefined && form.values.domain.trim() !== former.domain && (
            <Alert color="yellow" title="This is another domain">
              It takes the place of {former.domain}, which stops at once.
            </Alert>
          )}
          <Input.Wrapper label="Certificate" labelElement="div">
            <div>
              <SegmentedControl
                aria-label="Certificate"
                data={[
                  { value: "managed", label: "Have one issued" },
                  { value: "imported", label: "Import one" },
                ]}
                {...form.getInputProps("kind")}
              />
            </div>
          </Input.Wrapper>
          {isImported ? (
            <>
              <PemField form={form} field="certificate.pem" label="Certificate" required />
              <PemField form={form} field="certificate.private_key" label="Private key" required />
              <PemField form={form} field="certificate.chain" label="Chain" />
              <Text size="sm" c="dimmed">
                The key goes to the certificate store and nowhere else: it is never shown or logged.
              </Text>
            </>
          ) : (
            <Text size="sm" c="dimmed">
              You add a DNS record for the certificate. It renews automatically as long as that record stays.
            </Text>
          )}
          {former === undefined && (
            <Text size="sm" c="dimmed">
              If the domain is new to your organisation, you first prove that it is yours by a TXT record. The next page
              shows it.
            </Text>
          )}
          <FormFailure failure={failure} />
          <Group justify="flex-end">
            {former !== undefined && (
              <Button variant="default" onClick={onDone}>
                Cancel
              </Button>
            )}
            <ActionButton type="submit" loading={put.isPending} refused={refused}>
              Set the domain
            </ActionButton>
          </Group>
        </Stack>
        <UnsavedGuard unsaved={form.isDirty() && !put.isPending} />
      </form>
    </Paper>
  );
}

interface PemProps {
  form: ReturnType<typeof useForm<Values>>;
  field: `certificate.${"pem" | "private_key" | "chain"}`;
  label: string;
  required?: boolean;
}

function PemField({ form, field, label, required = false }: PemProps) {
  return (
    <Stack gap={4}>
      <Textarea
        label={label}
        required={required}
        classNames={{ input: "mono" }}
        minRows={3}
        maxRows={6}
        autosize
        spellCheck={false}
        autoComplete="off"
        placeholder="-----BEGIN …"
        {...form.getInputProps(field)}
      />
      <Group>
        <FileButton
          accept=".pem,.crt,.cer,.key"
          onChange={(file) => void file?.text().then((text) => form.setFieldValue(field, text))}
        >
          {(button) => (
            <Button variant="default" size="compact-xs" {...button}>
              From a file
            </Button>
          )}
        </FileButton>
      </Group>
    </Stack>
  );
}
