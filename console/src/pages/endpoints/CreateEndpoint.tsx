import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { api } from "@/api/client";
import { firstRevision } from "@/api/first_revision";
import type { Failure } from "@/api/problem";
import { FormActions } from "@/components/FormActions";
import { FormModal } from "@/components/FormDialog";
import { faultsToFields, FormFailure } from "@/components/FormFailure";
import { TextLink } from "@/components/LinkButton";
import { TemplateSelect, type TemplateName } from "@/components/TemplateSelect";
import { toasts } from "@/components/toasts";
import { UnsavedGuard } from "@/components/UnsavedGuard";

export function CreateEndpoint({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <FormModal opened={opened} onClose={onClose} title="New endpoint">
      <CreateForm onClose={onClose} />
    </FormModal>
  );
}

function CreateForm({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [failure, setFailure] = useState<Failure | null>(null);
  const form = useForm<{ name: string; template: TemplateName | null }>({
    initialValues: { name: "", template: null },
  });
  const create = api.useMutation("post", "/v1/endpoints", {
    meta: { showsFailures: true },
    onSuccess: (endpoint, { body: { template } }) => {
      toasts.done(`Endpoint “${endpoint.name}” created.`);
      return open(endpoint.id, template);
    },
    onError: (error) => setFailure(faultsToFields(form, error)),
  });
  const open = async (endpointId: string, template: TemplateName | undefined) => {
    const revisionId = await firstRevision(endpointId);
    await (revisionId === null
      ? navigate({ to: "/endpoints/$endpointId/revisions", params: { endpointId } })
      : navigate({
          to: "/endpoints/$endpointId/revisions/$revisionId",
          params: { endpointId, revisionId },
          search: template === undefined ? {} : { template },
        }));
  };
  return (
    <form
      onSubmit={form.onSubmit(({ name, template }) => {
        setFailure(null);
        create.mutate({ body: template === null ? { name: name.trim() } : { name: name.trim(), template } });
      })}
    >
      <Stack>
        <TextInput
          label="Name"
          description="What your organisation calls this kind of event."
          placeholder="Web shop"
          data-autofocus
          required
          maxLength={100}
          {...form.getInputProps("name")}
        />
        <TemplateSelect
          none="None: start empty"
          value={form.values.template}
          onChange={(name) => form.setFieldValue("template", name)}
        />
        <FormFailure failure={failure} />
        <Text size="sm" c="dimmed">
          Have an event at hand?{" "}
          <TextLink
            to="/start"
            search={{ name: form.values.name.trim() || undefined }}
            ignoreBlocker
            underline="always"
          >
            Start with a sample
          </TextLink>{" "}
          instead.
        </Text>
        <FormActions onCancel={onClose}>
          <Button type="submit" loading={create.isPending} disabled={form.values.name.trim() === ""}>
            Create
          </Button>
        </FormActions>
      </Stack>
      <UnsavedGuard unsaved={form.isDirty() && !create.isPending} />
    </form>
  );
}
