import { Button, Center, Code, Paper, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { useDeployment } from "@/auth/DeploymentContext";
import { beginSignIn } from "@/auth/hosted_page";
import { TokenForm } from "@/auth/TokenForm";

/** What is typed as it stands is not broken at its hyphens. */
const ONE_LINE = { whiteSpace: "nowrap" } as const;

export function SignIn() {
  useDocumentTitle("Sign in · ingest-endpoints");
  const { sign_in: signIn } = useDeployment();
  const { to } = useSearch({ from: "/sign-in" });
  const navigate = useNavigate();
  const target = to ?? "/";
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper p="xl" w="100%" maw={420} shadow="xs">
        <Stack gap="lg">
          <Stack gap="sm">
            <img src="/icon.svg" alt="" width={40} height={40} />
            <Title order={1}>Sign in to ingest-endpoints</Title>
          </Stack>
          {signIn.kind === "token" ? (
            <>
              <TokenForm onSignedIn={() => void navigate({ href: target })} />
              <Text c="dimmed" size="sm">
                The token is printed where the run was started (<Code style={ONE_LINE}>Token: iet_…</Code>) and kept in
                its state folder, in the file <Code style={ONE_LINE}>admin-token</Code>. Any personal token does, too.
              </Text>
            </>
          ) : (
            <Button onClick={async () => location.assign(await beginSignIn(signIn, target))}>Go on to sign in</Button>
          )}
        </Stack>
      </Paper>
    </Center>
  );
}
