import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { useDeployment } from "@/auth/DeploymentContext";
import { beginSignIn, refresh, takeTokens, type HostedPage } from "@/auth/hosted_page";
import { session } from "@/auth/session";
import { TokenForm } from "@/auth/TokenForm";
import { useStored } from "@/state/store";

/** Above every dialog, menu and message, whichever opens last. */
const ABOVE_ALL = 10_000;

/** Lies over the page once its token is no longer taken: what was typed stays, and what waited is sent afterwards. */
export function SignInAgain() {
  const state = useStored(session.state);
  const { sign_in: signIn } = useDeployment();
  const queries = useQueryClient();
  const isExpired = state === "expired";
  const dialog = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isExpired) return;
    // What opens below asks for the focus, too: it stays where the work can go on.
    const keep = ({ target }: FocusEvent) => {
      const held = dialog.current;
      if (held === null || !(target instanceof Node) || held.contains(target)) return;
      held.querySelector<HTMLElement>("[data-autofocus], button")?.focus();
    };
    document.addEventListener("focusin", keep);
    return () => document.removeEventListener("focusin", keep);
  }, [isExpired]);
  const signOut = () => {
    session.signOut();
    queries.clear();
    location.assign("/sign-in");
  };
  return (
    <Modal
      opened={isExpired}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title="Sign in again"
      zIndex={ABOVE_ALL}
      ref={dialog}
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
