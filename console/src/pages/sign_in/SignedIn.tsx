import { Center, Loader, Stack, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

import { failureFrom } from "@/api/problem";
import { useDeployment } from "@/auth/DeploymentContext";
import { finishSignIn, handTokensOver } from "@/auth/hosted_page";
import { session } from "@/auth/session";
import { Failed } from "@/components/Failed";
import { LinkButton } from "@/components/LinkButton";

/** Where the hosted page sends people back to, with a code in the address. */
export function SignedIn() {
  const { sign_in: signIn } = useDeployment();
  const navigate = useNavigate();
  const [isHandedOver, setIsHandedOver] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const isBegun = useRef(false);
  useEffect(() => {
    if (isBegun.current || signIn.kind !== "hosted_page") return;
    isBegun.current = true; // a code is good for one exchange
    finishSignIn(signIn, new URLSearchParams(location.search)).then(({ tokens, to }) => {
      if (to === "hand-over") {
        handTokensOver(tokens);
        setIsHandedOver(true);
        window.close();
        return;
      }
      session.signIn(tokens.access_token, tokens.refresh_token);
      void navigate({ href: to, replace: true });
    }, setError);
  }, [signIn, navigate]);
  return (
    <Center component="main" mih="100vh" p="md">
      {error === null ? (
        <Stack align="center">
          {!isHandedOver && <Loader />}
          <Text role="status">
            {isHandedOver ? "You are signed in. Close this window and go on in the other." : "Signing you in …"}
          </Text>
        </Stack>
      ) : (
        <Stack>
          <Failed error={new Error(failureFrom(error).message)} title="You are not signed in" />
          <LinkButton to="/sign-in" variant="default">
            Back to sign-in
          </LinkButton>
        </Stack>
      )}
    </Center>
  );
}
