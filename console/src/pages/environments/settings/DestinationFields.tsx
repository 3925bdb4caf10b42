import {
  Button,
  Checkbox,
  FileButton,
  Group,
  Select,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { ReactNode } from "react";

import { useMe } from "@/auth/me";
import { CodeBlock } from "@/components/CodeBlock";
import { distinct, type Option } from "@/components/options";
import {
  DESTINATION_KINDS,
  KIND_BY_VALUE,
  searchedText,
  typeOf,
  type DestinationKind,
} from "@/pages/environments/settings/destination_kinds";
import type { EnvironmentForm } from "@/pages/environments/settings/environment_form";
import { EventBridgeFields } from "@/pages/environments/settings/EventBridgeFields";
import { Folded } from "@/pages/environments/settings/Folded";
import { HttpFields } from "@/pages/environments/settings/HttpFields";
import { KinesisFields } from "@/pages/environments/settings/KinesisFields";
import { BucketLakeFields, LakeFields } from "@/pages/environments/settings/LakeFields";
import { bucketPolicy, serviceAccountCommands } from "@/pages/environments/settings/policies";
import { PostgresFields } from "@/pages/environments/settings/PostgresFields";
import { RoleFields } from "@/pages/environments/settings/RoleFields";
import { SqsFields } from "@/pages/environments/settings/SqsFields";
import { matching } from "@/text/matching";

const MODE = {
  load: "An event that was sent twice can be there twice, until a query removes the repeat: the role must be able to.",
  stream: "An event that was sent twice within minutes is there once, later perhaps twice.",
};

interface Props {
  form: UseFormReturnType<EnvironmentForm>;
  /** The destination is there already: its type stays. */
  isMade: boolean;
}

interface AllProps extends Props {
  /** What can be done with a destination that is there. */
  children?: ReactNode;
}

/** Where events go: the fields of each kind of destination. */
export function DestinationFields({ form, isMade, children }: AllProps) {
  const { kind } = form.values.destination;
  const { data: me } = useMe();
  const kinds = DESTINATION_KINDS.filter(({ value }) => !isMade || typeOf(value) === typeOf(kind));
  return (
    <Stack component="fieldset" gap="sm" m={0} p={0} bd="none">
      <Select
        label="Destination"
        description={isMade ? "Its type never changes." : undefined}
        searchable
        nothingFoundMessage="No such destination"
        maxDropdownHeight={420}
        data={distinct<Option>(kinds.map(({ value, label }) => ({ value, label })))}
        filter={({ options, search }) =>
          matching(options, search, (option) => {
            const of = "value" in option ? KIND_BY_VALUE.get(option.value as string) : undefined;
            return of === undefined ? "" : searchedText(of);
          })
        }
        renderOption={({ option }) => <KindChoice kind={KIND_BY_VALUE.get(option.value as string)} />}
        allowDeselect={false}
        {...form.getInputProps("destination.kind")}
      />
      <Text size="sm" c="dimmed">
        {KIND_BY_VALUE.get(kind)?.about}
      </Text>
      {me !== undefined && (
        <Text size="sm">
          Receives the data of <strong>{me.organisation.name}</strong>.
        </Text>
      )}
      {kind === "bucket" && <BucketFields form={form} />}
      {kind === "bigquery" && <BigQueryFields form={form} isMade={isMade} />}
      {kind === "postgres" && <PostgresFields form={form} isMade={isMade} />}
      {kind === "http" && <HttpFields form={form} isMade={isMade} />}
      {kind === "sqs" && <SqsFields form={form} />}
      {kind === "kinesis" && <KinesisFields form={form} />}
      {kind === "eventbridge" && <EventBridgeFields form={form} />}
      {kind === "lake" && <LakeFields form={form} />}
      {kind === "bucket_lake" && <BucketLakeFields form={form} />}
      {kind !== "managed" && (
        <Text size="sm" c="dimmed">
          It is tested before anything is saved.
        </Text>
      )}
      {children}
    </Stack>
  );
}

function KindChoice({ kind }: { kind: DestinationKind | undefined }) {
  if (kind === undefined) return null;
  return (
    <Group gap="sm" wrap="nowrap" align="flex-start">
      <kind.Picture size={20} stroke={1.5} aria-hidden style={{ flexShrink: 0, marginTop: 2 }} />
      <div>
        {kind.label}
        <Text size="xs" c="dimmed">
          {kind.about}
        </Text>
      </div>
    </Group>
  );
}

function BucketFields({ form }: Pick<Props, "form">) {
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        <TextInput label="Bucket" required placeholder="my-events" {...form.getInputProps("destination.bucket")} />
        <TextInput label="Region" required placeholder="eu-west-1" {...form.getInputProps("destination.region")} />
      </SimpleGrid>
      <TextInput
        label="Prefix"
        description="What every key starts with; ends with a slash."
        placeholder="raw/"
        {...form.getInputProps("destination.prefix")}
      />
      <RoleFields
        form={form}
        may="May write to the bucket, and trusts this deployment."
        policy={bucketPolicy(form.values.destination.bucket, form.values.destination.prefix)}
        keyNote="A bucket encrypted with a key of yours needs kms:GenerateDataKey and kms:Decrypt on that key, too."
        localNote="On one machine no role is taken on, and every bucket is a folder."
      />
    </>
  );
}

function BigQueryFields({ form, isMade }: Props) {
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        <TextInput label="Project" required placeholder="my-project" {...form.getInputProps("destination.project")} />
        <TextInput label="Data set" required placeholder="events" {...form.getInputProps("destination.dataset")} />
        <TextInput label="Location" placeholder="EU" {...form.getInputProps("destination.location")} />
        <Select
          label="Mode"
          description={MODE[form.values.destination.mode]}
          data={[
            { value: "load", label: "Load: in batches, free of charge" },
            { value: "stream", label: "Stream: within seconds, billed by Google" },
          ]}
          allowDeselect={false}
          {...form.getInputProps("destination.mode")}
        />
      </SimpleGrid>
      <Folded
        title="More about the tables"
        hasFault={
          form.errors["destination.partitioning"] !== undefined || form.errors["destination.table"] !== undefined
        }
      >
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          <TextInput
            label="View"
            placeholder="Named after the environment"
            {...form.getInputProps("destination.table")}
          />
          <Select
            label="Partitions"
            data={[
              { value: "DAY", label: "By day" },
              { value: "HOUR", label: "By hour" },
            ]}
            allowDeselect={false}
            {...form.getInputProps("destination.partitioning")}
          />
        </SimpleGrid>
        <Checkbox
          label="Queries have to name a time"
          {...form.getInputProps("destination.require_partition_filter", { type: "checkbox" })}
        />
      </Folded>
      <Folded title="Commands for a service account">
        <Text size="sm" c="dimmed">
          A service account that may run jobs in the project and write to the data set, and its key for the field below.
        </Text>
        <CodeBlock code={serviceAccountCommands(form.values.destination)} label="Commands for a service account" />
      </Folded>
      <Textarea
        label="Credentials"
        description={
          isMade
            ? "Empty keeps those that are there. They are never shown."
            : "A service account’s key or a workload identity’s configuration, as JSON. Kept as a secret, never shown."
        }
        classNames={{ input: "mono" }}
        minRows={4}
        autosize
        maxRows={8}
        autoComplete="off"
        spellCheck={false}
        {...form.getInputProps("destination.credentials")}
      />
      <Group>
        <FileButton
          accept="application/json,.json"
          onChange={(file) => void file?.text().then((text) => form.setFieldValue("destination.credentials", text))}
        >
          {(button) => (
            <Button variant="default" size="xs" {...button}>
              From a file
            </Button>
          )}
        </FileButton>
      </Group>
    </>
  );
}
