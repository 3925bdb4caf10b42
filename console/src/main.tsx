import "@fontsource-variable/inter/wght.css";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@/styles.css";

import { Container, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, type ReactNode } from "react";
import { createRoot } from "react-dom/client";

import { makeQueryClient } from "@/api/query_client";
import { DeploymentContext } from "@/auth/DeploymentContext";
import { readDeployment } from "@/auth/deployment";
import { session } from "@/auth/session";
import { Failed } from "@/components/Failed";
import { router } from "@/router";
import { readableColours, theme } from "@/theme";

const LATER_MS = 1_500;

const place = document.getElementById("root");
if (place === null) throw new Error("index.html has no #root");
const page = createRoot(place);

function show(content: ReactNode): void {
  page.render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={readableColours} defaultColorScheme="auto">
        <Notifications position="bottom-right" />
        {content}
      </MantineProvider>
    </StrictMode>,
  );
}

// A little after the first page: one that is opened later is there, even if the console's own origin is gone by then.
setTimeout(() => {
  const loading: Promise<unknown>[] = Object.values(router.routesById).map(async (route) =>
    router.loadRouteChunk(route),
  );
  loading.push(import("@/shell/search/Palette"));
  void Promise.allSettled(loading).then(() => performance.mark("every page loaded"));
}, LATER_MS);

session.restore();
session.takeUpLink(location, history);
Promise.all([readDeployment(), session.takeOver()]).then(
  ([deployment]) =>
    show(
      <DeploymentContext value={deployment}>
        <QueryClientProvider client={makeQueryClient()}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </DeploymentContext>,
    ),
  (error: unknown) =>
    show(
      <Container size="xs" py={56}>
        <Failed error={error} title="The console could not start" onRetry={() => location.reload()} />
      </Container>,
    ),
);
