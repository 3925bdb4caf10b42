import { Stepper } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconMinus } from "@tabler/icons-react";

import type { Model } from "@/api/types";
import { stepsDone, stepsOf } from "@/pages/environments/domain/domain_steps";

/** How far a domain is on its way to serve events. */
export function DomainSteps({ domain }: { domain: Model<"CustomDomain"> }) {
  const isNarrow = useMediaQuery("(max-width: 47.99em)");
  return (
    <Stepper
      active={stepsDone(domain)}
      orientation={isNarrow ? "vertical" : "horizontal"}
      size="sm"
      maw={760}
      allowNextStepsSelect={false}
      aria-label="Steps of the domain"
    >
      {stepsOf(domain).map(({ label, description, isSkipped = false }) => (
        <Stepper.Step
          key={label}
          label={label}
          description={description}
          allowStepSelect={false}
          completedIcon={isSkipped ? <IconMinus size={16} /> : undefined}
          color={domain.status === "failed" ? "red" : isSkipped ? "gray" : undefined}
        />
      ))}
    </Stepper>
  );
}
