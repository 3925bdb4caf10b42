import { Button, Group, PasswordInput, Stack } from "@mantine/core";
import type { ComponentProps } from "react";

import { makeSecret } from "@/pages/environments/keys/hook_schemes";

interface Props extends Omit<ComponentProps<typeof PasswordInput>, "form" | "onChange"> {
  /** Takes what is typed, as an event, or what was made here. */
  onChange: (changed: React.ChangeEvent<HTMLInputElement> | string) => void;
  /** Is told of a secret that was made here; without it, the sender makes them. */
  onMade?: ((secret: string) => void) | undefined;
}

/** A webhook's secret, typed or made. */
export function SecretField({ onMade, onChange, ...input }: Props) {
  const isInvalid = input.error !== undefined && input.error !== null && input.error !== false;
  return (
    <Stack gap={4}>
      <PasswordInput
        label="Secret"
        required
        maxLength={200}
        autoComplete="new-password"
        visibilityToggleButtonProps={{ "aria-label": "Show the secret" }}
        aria-invalid={isInvalid || undefined}
        onChange={onChange}
        {...input}
      />
      {onMade !== undefined && (
        <Group>
          <Button
            variant="default"
            size="compact-xs"
            onClick={() => {
              const secret = makeSecret();
              onChange(secret);
              onMade(secret);
            }}
          >
            Generate secret
          </Button>
        </Group>
      )}
    </Stack>
  );
}
