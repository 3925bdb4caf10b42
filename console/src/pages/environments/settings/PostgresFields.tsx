import { NumberInput, SimpleGrid, Text, Textarea, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import { CodeBlock } from "@/components/CodeBlock";
import type { EnvironmentForm } from "@/pages/environments/settings/environment_form";
import { Folded } from "@/pages/environments/settings/Folded";
import { roleStatements } from "@/pages/environments/settings/postgres_form";

interface Props {
  form: UseFormReturnType<EnvironmentForm>;
  /** The destination is there already: its connection string is, too. */
  isMade: boolean;
}

/** The fields of a table in PostgreSQL. */
export function PostgresFields({ form, isMade }: Props) {
  const { dsn, postgres_place, schema } = form.values.destination;
  return (
    <>
      <TextInput
        label="Connection string"
        description={
          isMade
            ? `Leave empty to keep ${postgres_place}. It is never shown.`
            : "Kept as a secret, never shown. TLS is required, and the certificate is checked."
        }
        required={!isMade}
        placeholder="postgresql://user:password@db.example.com:5432/database"
        classNames={{ input: "mono" }}
        type="password"
        autoComplete="off"
        spellCheck={false}
        {...form.getInputProps("destination.dsn")}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        <TextInput
          label="Schema"
          description="It has to be there."
          required
          placeholder="events"
          {...form.getInputProps("destination.schema")}
        />
        <TextInput
          label="Table"
          description="Made for you."
          placeholder="Named after the environment"
          {...form.getInputProps("destination.table")}
        />
      </SimpleGrid>
      <NumberInput
        label="Connections"
        description="How many writers load at once, at most."
        placeholder="10"
        min={1}
        max={50}
        allowDecimal={false}
        {...form.getInputProps("destination.max_connections")}
      />
      <Folded
        title="A certificate authority of your own"
        hasFault={form.errors["destination.ca_certificates"] !== undefined}
      >
        <Textarea
          label="CA certificates"
          description={
            isMade && dsn.trim() === ""
              ? "To change them, write the connection string again."
              : "In PEM. For Amazon RDS, the bundle of its region. Leave empty for public authorities."
          }
          placeholder="-----BEGIN CERTIFICATE-----"
          classNames={{ input: "mono" }}
          minRows={3}
          autosize
          maxRows={8}
          autoComplete="off"
          spellCheck={false}
          {...form.getInputProps("destination.ca_certificates")}
        />
      </Folded>
      <Folded title="Statements for a role">
        <Text size="sm" c="dimmed">
          A role that may make tables in the schema and nothing else. Choose its password.
        </Text>
        <CodeBlock code={roleStatements(schema)} label="Statements for a role" />
      </Folded>
    </>
  );
}
