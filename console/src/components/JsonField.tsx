import { Button, FileButton, Stack, Textarea } from "@mantine/core";

interface Props {
  label: string;
  description?: string | undefined;
  placeholder?: string;
  minRows?: number;
  value: string;
  error?: string | undefined;
  onChange: (text: string) => void;
}

/** JSON that is pasted, or read from a file. */
export function JsonField({ onChange, minRows = 10, ...props }: Props) {
  return (
    <Stack gap="xs" align="flex-start">
      <Textarea
        classNames={{ input: "mono" }}
        w="100%"
        autosize
        minRows={minRows}
        maxRows={22}
        spellCheck={false}
        {...props}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <FileButton accept="application/json,.json,.ndjson,.jsonl" onChange={(file) => void file?.text().then(onChange)}>
        {(button) => (
          <Button variant="default" size="xs" {...button}>
            From a file
          </Button>
        )}
      </FileButton>
    </Stack>
  );
}
