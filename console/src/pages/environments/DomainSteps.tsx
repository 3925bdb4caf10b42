import { Stepper } from "@mantine/core";

import type { Model } from "@/api/types";
import { stepsDone, stepsOf } from "@/pages/environments/domain_steps";

/** How far a domain is on its way to serve events. */
export function DomainSteps({ domain }: { domain: Model<"CustomDomain"> }) {
  return (
    <Stepper
      active={stepsDone(domain)}
      size="sm"
      maw={760}
      allowNextStepsSelect={false}
      aria-label="Steps of the domain"
    >
      {stepsOf(domain).map(({ label, description }) => (
        <Stepper.Step
          key={label}
          label={label}
          description={description}
          allowStepSelect={false}
          color={domain.status === "failed" ? "red" : undefined}
        />
      ))}
    </Stepper>
  );
}
