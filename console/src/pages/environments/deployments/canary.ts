/** Canaries among the deployments of an environment: revisions that a share of the requests goes to first. */

import type { Model } from "@/api/types";

type Deployment = Model<"Deployment">;

/** A canary as it is asked for. */
export interface AskedCanary {
  /** Per cent of the requests. */
  share: number;
  seconds: number;
}

export const SHARES = [
  { value: "1", label: "1 %" },
  { value: "5", label: "5 %" },
  { value: "10", label: "10 %" },
  { value: "25", label: "25 %" },
  { value: "50", label: "50 %" },
];
export const TIMES = [
  { value: "600", label: "10 minutes" },
  { value: "3600", label: "1 hour" },
  { value: "21600", label: "6 hours" },
  { value: "86400", label: "24 hours" },
];

/** Whether a deployment has had all requests at some time: it was no canary, or it was promoted. */
export function hadAllRequests({ canary }: Deployment): boolean {
  return canary === null || canary.state === "promoted";
}

/** The deployment by which the environment runs what it runs; `history` has the newest first. */
export function inForce(history: readonly Deployment[]): Deployment | undefined {
  return history.find(hadAllRequests);
}

export function runningCanary(history: readonly Deployment[] | undefined): Deployment | undefined {
  return history?.find(({ canary }) => canary?.state === "running");
}

/** Why the last deployment was aborted, if nobody did that: no later one has followed. */
export function abortedAutomatically(history: readonly Deployment[]): string | null {
  const { reason } = history[0]?.canary ?? { reason: null };
  return reason === null ? null : reason.replace(/^automatic: /, "");
}

/** `10 minutes`; of a time that is none of those offered, its seconds. */
export function timeText(seconds: number): string {
  return TIMES.find(({ value }) => value === String(seconds))?.label ?? `${seconds} seconds`;
}
