import { page, text } from "@/state/search";

/** Which set-aside events are shown, as it stands in the address. */
export interface SetAsideSearch {
  environment?: string;
  reason?: string;
  /** The object that is opened. */
  object?: string;
  page?: number;
}

export function setAsideSearch(search: Record<string, unknown>): SetAsideSearch {
  return {
    environment: text(search.environment),
    reason: text(search.reason),
    object: text(search.object),
    page: page(search.page),
  };
}
