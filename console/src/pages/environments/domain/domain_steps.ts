import type { Model } from "@/api/types";

export interface Step {
  label: string;
  /** What is waited for at it, or how it was done. */
  description: string;
  /** It is behind the domain, but nobody has tested it. */
  isSkipped?: boolean;
}

const PROVEN = {
  pending: "Waits for the TXT record",
  record: "TXT record seen",
  zone: "In the operator’s zone",
  off: "Not asked for here",
};

/** The steps of a domain: proof, certificate, active. */
export function stepsOf({ status, proof, certificate }: Model<"CustomDomain">): Step[] {
  const isManaged = certificate.kind === "managed";
  const managed = certificate.expires_at === null ? "Being requested" : "Issued and renewed";
  const certified =
    status === "pending_validation" ? "Waits for the validation record" : isManaged ? managed : "Imported";
  return [
    { label: "Proof", description: PROVEN[proof], isSkipped: proof === "off" },
    { label: "Certificate", description: proof === "pending" && isManaged ? "Follows the proof" : certified },
    { label: "Active", description: status === "active" ? "Serves events" : "Serves nothing yet" },
  ];
}

/** How many of the steps are done. */
export function stepsDone({ status, proof, certificate }: Model<"CustomDomain">): number {
  if (status === "active") return 3;
  if (proof === "pending") return 0;
  return certificate.expires_at === null || status === "pending_validation" ? 1 : 2;
}
