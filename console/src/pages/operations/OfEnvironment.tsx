import { Group, Text } from "@mantine/core";

import type { Model } from "@/api/types";
import { Copy, CopyField } from "@/components/Copy";

interface Props {
  id: string;
  /** Null where it is gone: then its id is all there is. */
  environment: Model<"NamedEnvironment"> | null;
}

/** An environment of any organisation by its names; its id to copy, for the filter and the log. */
export function OfEnvironment({ id, environment }: Props) {
  if (environment === null) return <CopyField value={id} label={`Copy the id ${id}`} />;
  const { name, endpoint_name, organisation_name } = environment;
  return (
    <Group gap={4} wrap="nowrap" title={id}>
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        {name}
        <Text span size="xs" c="dimmed" display="block">
          {endpoint_name}, {organisation_name}
        </Text>
      </Text>
      <Copy value={id} label={`Copy the id ${id}`} />
    </Group>
  );
}
