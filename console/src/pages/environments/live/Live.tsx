import { FirstEvent } from "@/components/FirstEvent";
import { LinkButton } from "@/components/LinkButton";
import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";

/** What arrives in an environment. */
export function Live() {
  return (
    <EnvironmentFrame title="Live">
      {(environment) => (
        <FirstEvent endpointId={environment.endpoint_id} environmentId={environment.id}>
          <LinkButton
            to="/endpoints/$endpointId"
            params={{ endpointId: environment.endpoint_id }}
            search={{ period: "realtime", environment: environment.id }}
          >
            See it in the chart
          </LinkButton>
        </FirstEvent>
      )}
    </EnvironmentFrame>
  );
}
