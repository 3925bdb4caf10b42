import { Button, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { api } from "@/api/client";
import type { Failure } from "@/api/problem";
import type { Model } from "@/api/types";
import { FormActions } from "@/components/FormActions";
import { FormModal } from "@/components/FormDialog";
import { faultsToFields, FormFailure } from "@/components/FormFailure";
import { TextLink } from "@/components/LinkButton";
import { toasts } from "@/components/toasts";
import { UnsavedGuard } from "@/components/UnsavedGuard";

type Template = NonNullable<Model<"EndpointCreate">["template"]>;

const TEMPLATES: { value: Template | ""; label: string }[] = [
  { value: "", label: "Empty" },
  { value: "user_tracking", label: "User tracking: page views, clicks, campaigns" },
  { value: "error_tracking", label: "Error tracking: messages, stack traces, releases" },
];

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
  const form = useForm<{ name: string; template: Template | "" }>({ initialValues: { name: "", template: "" } });
  const create = api.useMutation("post", "/v1/endpoints", {
    meta: { showsFailures: true },
    onSuccess: (endpoint) => {
      toasts.done(`Endpoint “${endpoint.name}” created.`);
      void navigate({ to: "/endpoints/$endpointId/revisions", params: { endpointId: endpoint.id } });
    },
    onError: (error) => setFailure(faultsToFields(form, error)),
  });
  return (
    <form
      onSubmit={form.onSubmit(({ name, template }) => {
        setFailure(null);
        create.mutate({ body: template === "" ? { name: name.trim() } : { name: name.trim(), template } });
      })}
    >
      <Stack>
        <TextInput
          label="Name"
          description="What your organisation calls this kind of events."
          placeholder="Web shop"
          data-autofocus
          required
          maxLength={100}
          {...form.getInputProps("name")}
        />
        <Select
          label="First revision"
          data={TEMPLATES}
          allowDeselect={false}
          comboboxProps={{ withinPortal: true }}
          {...form.getInputProps("template")}
        />
        <FormFailure failure={failure} />
        <Text size="sm" c="dimmed">
          Have an event at hand?{" "}
          <TextLink to="/start" underline="always">
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
