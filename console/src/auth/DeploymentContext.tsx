import { createContext, useContext } from "react";

import type { Deployment } from "@/auth/deployment";

export const DeploymentContext = createContext<Deployment>({ sign_in: { kind: "token" } });

export function useDeployment(): Deployment {
  return useContext(DeploymentContext);
}
