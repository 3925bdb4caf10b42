import { api } from "@/api/client";
import type { Role } from "@/api/types";

const RANK: Record<Role, number> = { viewer: 0, editor: 1, admin: 2, owner: 3 };

/** The member who is signed in. */
export function useMe() {
  return api.useQuery("get", "/v1/me", undefined, { staleTime: 60_000 });
}

export function ranksAtLeast(role: Role, needed: Role): boolean {
  return RANK[role] >= RANK[needed];
}

/** Why the member may not do what needs a role, or false if they may: for `IconButton`'s and buttons' `refused`. */
export function useRefusal(needed: Role): string | false {
  const { data } = useMe();
  if (data === undefined || ranksAtLeast(data.role, needed)) return false;
  return `This needs the role ${needed}; yours is ${data.role}.`;
}
