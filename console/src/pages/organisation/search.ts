import { day, text } from "@/state/search";

/** The filters of the audit log, as they stand in its address. */
export interface AuditSearch {
  subject?: string;
  actor?: string;
  /** One action, or a family of them. */
  action?: string;
  from?: string;
  to?: string;
}

export function auditSearch(search: Record<string, unknown>): AuditSearch {
  return {
    subject: text(search.subject),
    actor: text(search.actor),
    action: text(search.action),
    from: day(search.from),
    to: day(search.to),
  };
}
