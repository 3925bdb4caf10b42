/** SDKs, shippers and webhooks of other collectors, and the one thing that each has to be set to: `docs/protocols/`. */

import { ANALYTICS_SENDERS } from "@/pages/environments/install/analytics_senders";
import { PIPELINE_SENDERS } from "@/pages/environments/install/pipeline_senders";
import { PAGES, type Sender } from "@/pages/environments/install/sender";

export const SENDERS: Sender[] = [...ANALYTICS_SENDERS, ...PIPELINE_SENDERS];

/** The senders whose protocol a page of the docs describes, such as the page of a template. */
export function sendersOn(page: string): Sender[] {
  return SENDERS.filter(({ protocol }) => page === `protocols/${PAGES[protocol]}.md`);
}

/** What to look at where nothing arrives of a sender, or of code. */
export function hintFor(sender: Sender | undefined, writeKeys: readonly string[]): string | undefined {
  const answers = [];
  const isSigned = sender?.scheme !== undefined && sender.scheme !== "none";
  if (isSigned) answers.push("401 means that it signs with another secret");
  else if (writeKeys.length > 0) answers.push("401 means that it carries none of the write keys");
  if (sender?.scheme !== undefined) answers.push("404 means that its address is a wrong one");
  return answers.length === 0
    ? undefined
    : `If nothing arrives, look at the answers that the sender got: ${answers.join(", ")}.`;
}
