import type { Role } from "@/api/types";
import { ranksAtLeast } from "@/auth/me";

export interface RoleChoice<Value extends Role> {
  value: Value;
  label: string;
  description: string;
}

/** Those that are given; the owner is made by handing over. */
const GIVEN: RoleChoice<Exclude<Role, "owner">>[] = [
  { value: "viewer", label: "Viewer", description: "Sees everything, changes nothing" },
  { value: "editor", label: "Editor", description: "Creates and changes endpoints, revisions, environments; deploys" },
  { value: "admin", label: "Admin", description: "Deletes, manages members, tokens, the plan and domains" },
];

const OWNER: RoleChoice<Role> = { value: "owner", label: "Owner", description: "One; can’t be removed" };

/** The roles that someone with a role may invite people as. */
export function rolesToGive(role: Role) {
  return GIVEN.filter(({ value }) => ranksAtLeast(role, value));
}

/** The roles up to one, with the owner's for the owner. */
export function rolesUpTo(role: Role): RoleChoice<Role>[] {
  return role === "owner" ? [...GIVEN, OWNER] : rolesToGive(role);
}
