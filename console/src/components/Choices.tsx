import { Button, Group } from "@mantine/core";

interface Props {
  label: string;
  data: { id: string; label: string }[];
  value: string | undefined;
  onChoose: (id: string) => void;
}

/** One of several, as buttons that wrap where a row has no room for all. */
export function Choices({ label, data, value, onChoose }: Props) {
  return (
    <Group gap={6} role="group" aria-label={label}>
      {data.map((choice) => (
        <Button
          key={choice.id}
          size="xs"
          variant={choice.id === value ? "light" : "default"}
          aria-pressed={choice.id === value}
          onClick={() => onChoose(choice.id)}
        >
          {choice.label}
        </Button>
      ))}
    </Group>
  );
}
