import { Button, Group, Paper, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { faultsAt, FormFailure } from "@/components/FormFailure";
import { LinkButton } from "@/components/LinkButton";
import { toasts } from "@/components/toasts";

interface Props {
  revision: Model<"Revision">;
  onBack: () => void;
  onCreated: (environmentId: string) => void;
}

/** Makes an environment that delivers into the deployment's own bucket: nothing has to be set up. */
export function EnvironmentStep({ revision, onBack, onCreated }: Props) {
  const [name, setName] = useState("Production");
  const create = api.useMutation("post", "/v1/endpoints/{endpoint_id}/environments", {
    meta: { showsFailures: true },
    onSuccess: (environment) => {
      toasts.done(`Environment “${environment.name}” created.`);
      onCreated(environment.id);
    },
  });
  const { atFields, left } = faultsAt(create.error, ["name"]);
  return (
    <Paper maw={760}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate({
            params: { path: { endpoint_id: revision.endpoint_id } },
            body: {
              name: name.trim(),
              revision_id: revision.id,
              destination: { type: "s3", managed: true },
            },
          });
        }}
      >
        <Stack>
          <TextInput
            label="Name of the environment"
            description="Where the revision runs. Most have a Production and a Staging."
            required
            maxLength={100}
            value={name}
            error={atFields.get("name")}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Text size="sm" c="dimmed">
            Events are delivered as gzipped objects into this deployment’s own S3 bucket. Events that are not valid are
            kept in quarantine. You can choose another destination where environments are created.
          </Text>
          <FormFailure failure={left} />
          <Group justify="flex-end">
            <Button variant="subtle" color="gray" mr="auto" onClick={onBack}>
              Back
            </Button>
            <LinkButton
              variant="default"
              to="/endpoints/$endpointId/environments"
              params={{ endpointId: revision.endpoint_id }}
              search={{ open: "new" }}
            >
              Another destination
            </LinkButton>
            <Button type="submit" loading={create.isPending} disabled={name.trim() === ""}>
              Create
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}
