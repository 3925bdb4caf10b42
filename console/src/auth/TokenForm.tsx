import { Button, PasswordInput, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { clientWithToken } from "@/api/client";
import { failureFrom } from "@/api/problem";
import { session } from "@/auth/session";

/** Takes a personal token once the API has taken it. */
export function TokenForm({ onSignedIn }: { onSignedIn?: () => void }) {
  const [token, setToken] = useState("");
  const attempt = useMutation({
    mutationFn: async (candidate: string) => {
      const { error } = await clientWithToken(candidate).GET("/v1/me");
      if (error !== undefined) throw error;
    },
    onSuccess: (_answer, candidate) => {
      session.signIn(candidate);
      onSignedIn?.();
    },
    meta: { showsFailures: true },
  });
  const failure = attempt.isError ? failureFrom(attempt.error) : null;
  const message =
    failure?.status === 401 ? "This token is not accepted: it may be mistyped, expired or deleted." : failure?.message;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const candidate = token.trim();
        if (candidate !== "") attempt.mutate(candidate);
      }}
    >
      <Stack>
        <PasswordInput
          label="Token"
          placeholder="iet_…"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={message}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          autoFocus
          visibilityToggleButtonProps={{ "aria-label": "Show the token" }}
        />
        <Button type="submit" loading={attempt.isPending} disabled={token.trim() === ""}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}
