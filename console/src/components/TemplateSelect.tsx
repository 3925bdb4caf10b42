import { Select, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { distinct } from "@/components/options";
import { matching } from "@/text/matching";

export type TemplateName = Model<"Template">["name"];

interface Props {
  /** What stands for no template; without it, one has to be chosen. */
  none?: string;
  value: TemplateName | null;
  onChange: (name: TemplateName | null) => void;
  error?: string | undefined;
}

/** Choose one of the API's templates; a search finds it by title, sender and name. */
export function TemplateSelect({ none, value, onChange, error }: Props) {
  const templates = useQuery(lists.templates());
  const rows = templates.data ?? [];
  const byName = new Map<string, Model<"Template">>(rows.map((row) => [row.name, row]));
  const chosen = value === null ? undefined : byName.get(value);
  return (
    <Select
      label="Template"
      description={chosen?.about}
      placeholder={none ?? "Search, such as PostHog"}
      searchable
      clearable={none !== undefined}
      required={none === undefined}
      withAsterisk={false}
      nothingFoundMessage={templates.isPending ? "Loading…" : "No template fits this search"}
      maxDropdownHeight={360}
      data={distinct(rows.map(({ name, title }) => ({ value: name, label: title })))}
      filter={({ options, search }) =>
        matching(options, search, (option) => {
          const row = "value" in option ? byName.get(option.value) : undefined;
          return row === undefined ? "" : `${row.title} ${row.name} ${row.about}`;
        })
      }
      renderOption={({ option }) => (
        <div>
          {option.label}
          <Text size="xs" c="dimmed">
            {byName.get(option.value)?.about}
          </Text>
        </div>
      )}
      value={value}
      error={error ?? (templates.isError ? "The templates could not be loaded." : undefined)}
      onChange={onChange}
    />
  );
}
