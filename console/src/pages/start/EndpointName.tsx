import { TextInput } from "@mantine/core";

export const EXAMPLE_NAME = "Web shop";

interface Props {
  value: string;
  error: string | undefined;
  onChange: (name: string) => void;
}

/** The name of the endpoint that the first steps make. */
export function EndpointName({ onChange, ...input }: Props) {
  return (
    <TextInput
      label="Name of the endpoint"
      placeholder={EXAMPLE_NAME}
      required
      maxLength={100}
      onChange={(event) => onChange(event.currentTarget.value)}
      {...input}
    />
  );
}
