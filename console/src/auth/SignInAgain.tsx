import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { useDeployment } from "@/auth/DeploymentContext";
import { beginSignIn, refresh, takeTokens, type HostedPage } from "@/auth/hosted_page";
import { session } from "@/auth/session";
import { TokenForm } from "@/auth/TokenForm";
import { useStored } from "@/state/store";

/** Lies over the page once its token is no longer taken: what was typed stays, and what waited is sent afterwards. */
export function SignInAgain() {
  const state = useStored(session.state);
  const { sign_in: signIn } = useDeployment();
  const queries = useQueryClient();
  const signOut = () => {
    session.signOut();
    queries.clear();
    location.assign("/sign-in");
  };
  return (
    <Modal
      opened={state === "expired"}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title="Sign in again"
    >
      <Stack>
        <Text>Your token has expired or was deleted. What you were doing waits on this page.</Text>
        {signIn.kind === "token" ? <TokenForm /> : <AgainAtHostedPage hosted={signIn} />}
        <Group justify="flex-end">
          <Button variant="subtle" color="gray" size="xs" onClick={signOut}>
            Sign out instead
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function AgainAtHostedPage({ hosted }: { hosted: HostedPage }) {
  const [address, setAddress] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    const end = takeTokens((tokens) => session.signIn(tokens.access_token, tokens.refresh_token));
    const refreshToken = session.refreshToken();
    if (refreshToken !== null) {
      refresh(hosted, refreshToken).then(
        (tokens) => session.signIn(tokens.access_token, tokens.refresh_token ?? refreshToken),
        () => undefined, // there is the button
      );
    }
    // Before the click: the new window gets a copy of the session storage as it is when it opens.
    void beginSignIn(hosted, "hand-over").then(setAddress);
    return end;
  }, [hosted]);
  const open = () => {
    if (address !== null && window.open(address, "_blank", "width=520,height=720") === null) {
      setFailure("The browser blocked the window. Allow pop-ups for this site and try again.");
    }
  };
  return (
    <>
      <Button onClick={open} loading={address === null}>
        Sign in in a new window
      </Button>
      {failure !== null && (
        <Text size="sm" c="dimmed">
          {failure}
        </Text>
      )}
    </>
  );
}
