import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";

/** What arrives in an environment, as it comes. */
export function Live() {
  return <EnvironmentFrame title="Live">{() => null}</EnvironmentFrame>;
}
