import { Code, Group, Stack, Text } from "@mantine/core";

import { TextLink } from "@/components/LinkButton";
import { changedFields, sentenceOf, type Entry, type Known, type Subject } from "@/pages/organisation/audit_words";
import { writeJson } from "@/text/json";

const LINK = { underline: "always", fw: 600 } as const;

/** An entry in words, with the id of what was changed and the fields that are different since. */
export function AuditSentence({ entry, known }: { entry: Entry; known: Known }) {
  const { who, verb, name, rest, subject } = sentenceOf(entry, known);
  const fields = changedFields(entry, writeJson);
  return (
    <Stack gap={2} style={{ overflowWrap: "anywhere" }}>
      <Text span inherit fw={400}>
        {who} {verb} {name !== null && <SubjectLink subject={subject} name={name} gone={known.gone} />}
        {rest}
      </Text>
      <Group gap={6}>
        <Text size="xs" c="dimmed" className="mono">
          {entry.subject.id}
        </Text>
        {fields.map((field) => (
          <Code key={field} fz="xs">
            {field}
          </Code>
        ))}
      </Group>
    </Stack>
  );
}

/** The name, as a link to its page unless that is known to be gone. */
function SubjectLink({ subject, name, gone }: { subject: Subject; name: string; gone: Known["gone"] }) {
  const { type, id, endpoint_id: endpointId } = subject;
  const bold = <strong>{name}</strong>;
  if (gone.has(id) || (endpointId !== undefined && gone.has(endpointId))) return bold;
  if (type === "endpoint") {
    return (
      <TextLink {...LINK} to="/endpoints/$endpointId" params={{ endpointId: id }}>
        {name}
      </TextLink>
    );
  }
  if (type === "environment" && endpointId !== undefined) {
    return (
      <TextLink
        {...LINK}
        to="/endpoints/$endpointId/environments/$environmentId"
        params={{ endpointId, environmentId: id }}
      >
        {name}
      </TextLink>
    );
  }
  if (type === "revision" && endpointId !== undefined) {
    return (
      <TextLink {...LINK} to="/endpoints/$endpointId/revisions/$revisionId" params={{ endpointId, revisionId: id }}>
        {name}
      </TextLink>
    );
  }
  if (type === "member")
    return (
      <TextLink {...LINK} to="/organisation/members">
        {name}
      </TextLink>
    );
  if (type === "token")
    return (
      <TextLink {...LINK} to="/organisation/tokens">
        {name}
      </TextLink>
    );
  return bold;
}
