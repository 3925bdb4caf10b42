import { api } from "@/api/client";

/** The codes of refused events by count, of the last 24 hours or a range. */
export function useCodes(query: {
  endpoint?: string;
  environment?: string;
  revision?: string;
  from?: string;
  to?: string;
}) {
  return api.useQuery("get", "/v1/usage/codes", { params: { query } });
}
